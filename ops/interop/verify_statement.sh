#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks the signature of one of Ingot's statements with openssl alone, and prints the statement.
#
#   verify_statement.sh BUNDLE KEY.pem
#
# BUNDLE  a Sigstore bundle as Ingot writes it: a blob that `ingot show` or `ingot log show` names.
# KEY.pem the public key of the role that may say it, from a trust file that you trust.
#
# What is signed is DSSE's pre-authentication encoding of the payload, with ECDSA P-256 and SHA-256:
#   "DSSEv1 " length(payloadType) " " payloadType " " length(payload) " " payload
# A valid signature says who signed. Whether that key may say this is for the reader to judge from
# the predicate type, or for `ingot verify`, which also checks the log.
set -eu

if [ $# -ne 2 ]; then
    echo "usage: verify_statement.sh BUNDLE KEY.pem" >&2
    exit 2
fi
bundle=$1
key=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "$bundle: $1" >&2
    exit 1
}

# Ingot's JSON is canonical: no white space, and base64 needs no escapes. Exactly one of each.
member() {
    grep -ao "\"$1\":\"[^\"]*\"" "$bundle" >"$work/found" || fail "no member $1"
    [ "$(wc -l <"$work/found")" -eq 1 ] || fail "more than one member $1"
    sed "s/^\"$1\":\"//; s/\"\$//" "$work/found"
}

type=$(member payloadType)
member payload | openssl base64 -d -A >"$work/payload"
member sig | openssl base64 -d -A >"$work/signature"
[ "$type" = application/vnd.in-toto+json ] || fail "payloadType is $type"

{
    printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(wc -c <"$work/payload")"
    cat "$work/payload"
} >"$work/signed"

openssl dgst -sha256 -verify "$key" -signature "$work/signature" "$work/signed" >"$work/out" 2>&1 ||
    fail "the signature is not by $key over this statement: $(head -n 1 "$work/out")"

echo "$bundle: signed by $key" >&2
cat "$work/payload"
echo
