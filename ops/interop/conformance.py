"""The scenarios of the OCI distribution conformance suite against `ingot serve`.

Argument: STORE_DIRECTORY. What the suite runs for every data shape and digest algorithm, written down
from the specification (1.1, and what is to be 1.2): pull, push, content discovery, management.
"""
import json
import random
import sys

from oci_server import IMAGE, INDEX, MANIFEST, Checks, Server, descriptor, expect, manifest, push, sha

rng = random.Random(11)
server = Server(sys.argv[1])
ask = server.ask
EMPTY = "application/vnd.oci.empty.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
CONFIG = "application/vnd.oci.image.config.v1+json"


def document(kind=IMAGE, **members):
    return json.dumps({"schemaVersion": 2, "mediaType": kind, **members}).encode()


def errors(what, answer, status, code):
    """An error's body is JSON with a list of codes and messages; a HEAD's has none."""
    expect(what, answer, status, code)
    if not answer.getheader("Content-Type", "").startswith("application/json"):
        sys.exit(f"{what}: an error of type {answer.getheader('Content-Type')}")
    for error in json.loads(answer.body)["errors"]:
        assert set(error) <= {"code", "message", "detail"} and error["message"], error


def begin(repository):
    answer = expect("begin", ask("POST", f"/v2/{repository}/blobs/uploads/"), 202)
    return answer.getheader("Location")


def joined(place, query):
    return place + ("&" if "?" in place else "?") + query


def put_manifest(what, repository, name, text, kind=IMAGE, **headers):
    answer = expect(what, ask("PUT", f"/v2/{repository}/manifests/{name}", text, {"Content-Type": kind}), 201, **headers)
    got = expect(f"{what}: its Location", ask("GET", answer.getheader("Location")), 200)
    assert got.body == text, what
    return answer


def ping():
    expect("ping", ask("GET", "/v2/"), 200)
    expect("ping", ask("HEAD", "/v2/"), 200)
    assert ask("GET", "/v2/").getheader("Docker-Distribution-API-Version") == "registry/2.0"


def blobs(algorithm):
    repository = f"conformance/{algorithm}"
    at = f"/v2/{repository}/blobs"
    data = rng.randbytes(6_000)
    name = sha(data, algorithm)
    unknown = sha(rng.randbytes(8), algorithm)
    errors("get missing", ask("GET", f"{at}/{unknown}"), 404, "BLOB_UNKNOWN")
    missing = expect("head missing", ask("HEAD", f"{at}/{unknown}"), 404)
    assert missing.body == b""

    # Every style of push, with a right digest and with wrong ones.
    for content in (data, b"", b"{}"):
        digest = sha(content, algorithm)
        put = expect("post+put", push(server, repository, content, digest), 201)
        assert expect("its Location", ask("GET", put.getheader("Location")), 200).body == content
        post = expect("post only", ask("POST", f"{at}/uploads/?digest={digest}", content), 201)
        assert ask("GET", post.getheader("Location")).body == content
    bad = sha(b"other", algorithm)
    errors("bad digest, post only", ask("POST", f"{at}/uploads/?digest={bad}", data), 400, "DIGEST_INVALID")
    errors("bad digest, post+put", push(server, repository, data, bad), 400, "DIGEST_INVALID")
    place = begin(repository)
    expect("piece", ask("PATCH", place, data), 202)
    errors("bad digest, chunked", ask("PUT", joined(place, f"digest={bad}")), 400, "DIGEST_INVALID")
    place = begin(repository)
    errors("no digest", ask("PUT", place, data), 400, "DIGEST_INVALID")
    for text in (f"{algorithm}:zz", f"{algorithm}:", "md5:d41d8cd98f00b204e9800998ecf8427e", name.upper(), "x"):
        answer = ask("PUT", joined(begin(repository), f"digest={text}"), data)
        errors(f"digest {text[:12]}", answer, 400, "DIGEST_INVALID")
        errors(f"get {text[:12]}", ask("GET", f"{at}/{text}"), 400, "DIGEST_INVALID")
    if algorithm != "sha256":
        begun = expect("algorithm", ask("POST", f"{at}/uploads/?digest-algorithm={algorithm}"), 202)
        expect("algorithm", ask("PUT", joined(begun.getheader("Location"), f"digest={name}"), data), 201)
    errors("unknown algorithm", ask("POST", f"{at}/uploads/?digest-algorithm=md5"), 400, "DIGEST_INVALID")

    # Pieces: one, several, the last in the PUT.
    for cuts in ([6_000], [1_000, 6_000], [1_000, 2_500, 6_000]):
        for in_put in (False, True):
            place, offset = begin(repository), 0
            for end in cuts:
                headers = {"Content-Range": f"{offset}-{end - 1}"}
                if in_put and end == cuts[-1]:
                    answer = ask("PUT", joined(place, f"digest={name}"), data[offset:end], headers)
                else:
                    answer = expect("piece", ask("PATCH", place, data[offset:end], headers), 202, Range=f"0-{end - 1}")
                    place = answer.getheader("Location")
                offset = end
            if not in_put:
                answer = ask("PUT", joined(place, f"digest={name}"))
            expect(f"pieces {cuts}", answer, 201)
            assert ask("GET", answer.getheader("Location")).body == data

    # Out of order: the first not at 0, one that leaves a gap, one again; then it goes on.
    place = begin(repository)
    expect("first piece later", ask("PATCH", place, data[3:6], {"Content-Range": "3-5"}), 416)
    expect("piece", ask("PATCH", place, data[:100], {"Content-Range": "0-99"}), 202)
    errors("a gap", ask("PATCH", place, data[200:300], {"Content-Range": "200-299"}), 416, "BLOB_UPLOAD_INVALID")
    errors("again", ask("PATCH", place, data[:100], {"Content-Range": "0-99"}), 416, "BLOB_UPLOAD_INVALID")
    state = expect("state", ask("GET", place), 204, Range="0-99")
    place = state.getheader("Location")
    errors("last piece out of order", ask("PUT", joined(place, f"digest={name}"), data[200:], {"Content-Range": "200-5999"}),
           416, "BLOB_UPLOAD_INVALID")
    for text in ("100", "100-", "-199", "200-100", "a-b", "0x64-199", "99999999999999999999-99999999999999999999"):
        answer = ask("PATCH", place, data[100:200], {"Content-Range": text})
        errors(f"Content-Range: {text}", answer, 400, "BLOB_UPLOAD_INVALID")
    expect("with a unit", ask("PATCH", place, data[100:200], {"Content-Range": "bytes 100-199/*"}), 202, Range="0-199")
    expect("without a range", ask("PATCH", place, data[200:300]), 202, Range="0-299")
    expect("ends", ask("PUT", joined(place, f"digest={name}"), data[300:], {"Content-Range": "300-5999"}), 201)
    errors("ended", ask("PATCH", place, b"x"), 404, "BLOB_UPLOAD_UNKNOWN")

    # Cancelled; uploads that never were.
    place = begin(repository)
    expect("cancel", ask("DELETE", place), 204)
    for method in ("GET", "PATCH", "DELETE"):
        errors(f"cancelled, {method}", ask(method, place), 404, "BLOB_UPLOAD_UNKNOWN")
    errors("cancelled, PUT", ask("PUT", joined(place, f"digest={name}"), data), 404, "BLOB_UPLOAD_UNKNOWN")
    errors("no upload", ask("GET", f"{at}/uploads/nothing"), 404, "BLOB_UPLOAD_UNKNOWN")

    # Reading: whole, in part, and what cannot be.
    for method in ("GET", "HEAD"):
        got = expect(method, ask(method, f"{at}/{name}"), 200, Docker_Content_Digest=name, Content_Length="6000")
        assert got.body == (data if method == "GET" else b"")
    for text, part in (("500-1499", data[500:1500]), ("500-", data[500:]), ("-500", data[-500:]), ("0-0", data[:1]),
                       ("2000-9000", data[2000:])):
        got = expect(f"range {text}", ask("GET", f"{at}/{name}", headers={"Range": f"bytes={text}"}), 206)
        first = data.index(part)
        assert got.body == part and got.getheader("Content-Range") == f"bytes {first}-{first + len(part) - 1}/6000", text
    for text in ("500-0", "6000-", "7000-8000"):
        expect(f"range {text}", ask("GET", f"{at}/{name}", headers={"Range": f"bytes={text}"}), 416)

    # Mounts.
    other = f"{repository}/other"
    mounted = expect("mount", ask("POST", f"/v2/{other}/blobs/uploads/?mount={name}&from={repository}"), 201)
    assert ask("GET", mounted.getheader("Location")).body == data
    expect("anonymous mount", ask("POST", f"/v2/{other}/x/blobs/uploads/?mount={name}"), 201)
    for query in (f"mount={unknown}&from={repository}", f"mount={unknown}", f"mount={name}&from=conformance/nobody"):
        begun = expect("no mount", ask("POST", f"/v2/{other}/y/blobs/uploads/?{query}"), 202)
        expect("no mount goes on", ask("PUT", joined(begun.getheader("Location"), f"digest={name}"), data), 201)
        expect("delete", ask("DELETE", f"/v2/{other}/y/blobs/{name}"), 202)

    # Deleting.
    expect("delete", ask("DELETE", f"/v2/{other}/blobs/{name}"), 202)
    errors("deleted", ask("GET", f"/v2/{other}/blobs/{name}"), 404, "BLOB_UNKNOWN")
    errors("deleted again", ask("DELETE", f"/v2/{other}/blobs/{name}"), 404, "BLOB_UNKNOWN")
    expect("still there", ask("HEAD", f"{at}/{name}"), 200)


def manifests(algorithm):
    repository = f"conformance/manifests-{algorithm}"
    at = f"/v2/{repository}/manifests"
    config, layer = b'{"os":"linux","architecture":"amd64"}', rng.randbytes(4_000)
    empty = b"{}"
    for content in (config, layer, empty):
        push(server, repository, content, sha(content, algorithm))

    def of(content, kind, **more):
        return descriptor(content, kind, algorithm, **more)

    image = document(config=of(config, CONFIG), layers=[of(layer, LAYER)])
    artifact = document(artifactType="application/x.thing", config=of(empty, EMPTY), layers=[of(layer, "application/x.part")])
    shapes = {
        "image": (image, IMAGE), "artifact": (artifact, IMAGE),
        "artifact without layers": (document(artifactType="application/x.thing", config=of(empty, EMPTY), layers=[of(empty, EMPTY)]), IMAGE),
        "no layers": (document(config=of(config, CONFIG), layers=[]), IMAGE),
        "data field": (document(config=of(config, CONFIG, data="eyJvcyI6ImxpbnV4IiwiYXJjaGl0ZWN0dXJlIjoiYW1kNjQifQ=="), layers=[]), IMAGE),
        "custom fields": (document(config=of(config, CONFIG), layers=[of(layer, LAYER, own={"x": [1]})], own="y"), IMAGE),
        "non-distributable layers": (document(config=of(config, CONFIG), layers=[of(
            b"elsewhere", "application/vnd.oci.image.layer.nondistributable.v1.tar", urls=["https://example.test/x"])]), IMAGE),
        "large": (document(
            config=of(config, CONFIG), layers=[], annotations={"pad": "x" * ((4 << 20) - 1000)}), IMAGE),
        "index": (document(INDEX, manifests=[of(image, IMAGE), of(artifact, IMAGE)]), INDEX),
        "empty index": (document(INDEX, manifests=[]), INDEX),
        "artifact index": (document(INDEX, artifactType="application/x.set", manifests=[of(image, IMAGE)]), INDEX),
        "subject missing": (document(config=of(config, CONFIG), layers=[], subject=of(b"nowhere", IMAGE)), IMAGE),
    }
    shapes["nested index"] = (document(INDEX, manifests=[of(shapes["index"][0], INDEX)]), INDEX)
    tags = []
    for number, (what, (text, kind)) in enumerate(shapes.items()):
        digest, tag = sha(text, algorithm), f"t{number}"
        put_manifest(f"{what} by digest", repository, digest, text, kind, Docker_Content_Digest=digest)
        expect(f"{what} by tag", ask("PUT", f"{at}/{tag}", text, {"Content-Type": kind}), 201)
        tags.append(tag)
        for name in (tag, digest):
            got = expect(f"{what}: GET", ask("GET", f"{at}/{name}"), 200, Content_Type=kind)
            assert got.body == text
            head = expect(f"{what}: HEAD", ask("HEAD", f"{at}/{name}"), 200, Content_Type=kind, Content_Length=str(len(text)))
            assert head.body == b"" and head.getheader("Docker-Content-Digest")
        if "subject" in json.loads(text):
            expect(f"{what}: OCI-Subject", ask("PUT", f"{at}/{digest}", text, {"Content-Type": kind}), 201,
                   OCI_Subject=json.loads(text)["subject"]["digest"])

    # Tags in the query, ten of them and more.
    many = [f"q{number}" for number in range(12)]
    query = "&".join(f"tag={tag}" for tag in many)
    expect("tag parameter", ask("PUT", f"{at}/{sha(image, algorithm)}?{query}", image, MANIFEST), 201, OCI_Tag=", ".join(many))
    assert all(ask("GET", f"{at}/{tag}").body == image for tag in many)
    too_many = "&".join(f"tag=z{number}" for number in range(200))
    expect("too many tags", ask("PUT", f"{at}/{sha(image, algorithm)}?{too_many}", image, MANIFEST), 414)

    # What is refused.
    for text, code in ((b"", "MANIFEST_INVALID"), (b"[]", "MANIFEST_INVALID"), (b"{}", "MANIFEST_INVALID"),
                       (b'{"schemaVersion":2}', "MANIFEST_INVALID"), (image[:-1], "MANIFEST_INVALID")):
        errors("no manifest", ask("PUT", f"{at}/bad", text, MANIFEST), 400, code)
    errors("bad digest", ask("PUT", f"{at}/{sha(b'x', algorithm)}", image, MANIFEST), 400, "DIGEST_INVALID")
    errors("missing layer", ask("PUT", f"{at}/bad", document(config=of(config, CONFIG), layers=[of(b"no", LAYER)]), MANIFEST),
           404, "MANIFEST_BLOB_UNKNOWN")
    errors("bad tag", ask("PUT", f"{at}/-bad", image, MANIFEST), 404, "MANIFEST_UNKNOWN")
    for name in ("nothing", sha(b"nothing", algorithm)):
        errors("unknown", ask("GET", f"{at}/{name}"), 404, "MANIFEST_UNKNOWN")
        assert expect("unknown", ask("HEAD", f"{at}/{name}"), 404).body == b""
        errors("delete unknown", ask("DELETE", f"{at}/{name}"), 404, "MANIFEST_UNKNOWN")
    discovery(repository, algorithm, image)
    deletion(repository, algorithm, image, shapes["subject missing"][0])


def discovery(repository, algorithm, image):
    at, path = f"/v2/{repository}/manifests", f"/v2/{repository}/tags/list"
    all_tags = json.loads(expect("tags", ask("GET", path), 200).body)
    assert all_tags["name"] == repository
    names = all_tags["tags"]
    assert names == sorted(names) and len(set(names)) == len(names)
    for count in (1, 3, len(names), len(names) + 5):
        page = expect(f"n={count}", ask("GET", f"{path}?n={count}"), 200)
        assert json.loads(page.body)["tags"] == names[:count]
        assert (page.getheader("Link") is None) == (count >= len(names)), count
    assert json.loads(ask("GET", f"{path}?n=0").body)["tags"] == []
    assert json.loads(ask("GET", f"{path}?last={names[2]}").body)["tags"] == names[3:]
    assert json.loads(ask("GET", f"{path}?last={names[2]}x&n=2").body)["tags"] == [n for n in names if n > names[2] + "x"][:2]
    assert json.loads(ask("GET", f"{path}?last=zzzz").body)["tags"] == []
    found, link = [], f"{path}?n=4"
    while link:
        page = expect("pages", ask("GET", link), 200)
        found += json.loads(page.body)["tags"]
        text = page.getheader("Link")
        assert text is None or text.endswith('; rel="next"')
        link = text and text[text.index("<") + 1:text.index(">")]
    assert found == names
    errors("n", ask("GET", f"{path}?n=x"), 400, "UNSUPPORTED")
    errors("tags of nobody", ask("GET", "/v2/conformance/nobody/tags/list"), 404, "NAME_UNKNOWN")

    subject = descriptor(image, IMAGE, algorithm)
    of = f"/v2/{repository}/referrers/{subject['digest']}"
    nothing = expect("no referrers", ask("GET", of), 200, Content_Type=INDEX)
    assert json.loads(nothing.body) == {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    unknown = expect("referrers of what is not there", ask("GET", of.replace(subject["digest"], sha(b"not here", algorithm))), 200)
    assert json.loads(unknown.body)["manifests"] == []
    errors("referrers of no digest", ask("GET", f"/v2/{repository}/referrers/x"), 400, "DIGEST_INVALID")
    config = json.loads(image)["config"]
    empty = descriptor(b"{}", EMPTY, algorithm)
    notes = {
        "application/x.a": document(artifactType="application/x.a", config=empty, layers=[empty], subject=subject, annotations={"k": "v"}),
        "application/x.b": document(artifactType="application/x.b", config=empty, layers=[empty], subject=subject),
        CONFIG: document(config=config, layers=[], subject=subject),
        "application/x.index": document(INDEX, artifactType="application/x.index", manifests=[], subject=subject),
        None: document(INDEX, manifests=[], subject=subject, annotations={"n": "index"}),
    }
    for text in notes.values():
        kind = json.loads(text)["mediaType"]
        expect("referrer", ask("PUT", f"{at}/{sha(text, algorithm)}", text, {"Content-Type": kind}), 201, OCI_Subject=subject["digest"])
    listed = json.loads(expect("referrers", ask("GET", of), 200, OCI_Filters_Applied=None).body)["manifests"]
    assert len(listed) == len(notes)
    for kind, text in notes.items():
        [item] = [i for i in listed if i.get("artifactType") == kind]
        assert item["size"] == len(text) and item["mediaType"] == json.loads(text)["mediaType"]
        assert item.get("annotations", {}) == json.loads(text).get("annotations", {})
        assert ask("GET", f"{at}/{item['digest']}").body == text
        if kind:
            query = kind.replace("+", "%2B")
            part = expect("filter", ask("GET", f"{of}?artifactType={query}"), 200, OCI_Filters_Applied="artifactType")
            assert json.loads(part.body)["manifests"] == [item], kind
    gone = notes["application/x.b"]
    expect("delete a referrer", ask("DELETE", f"{at}/{sha(gone, algorithm)}"), 202)
    listed = json.loads(ask("GET", of).body)["manifests"]
    assert len(listed) == len(notes) - 1 and "application/x.b" not in [i.get("artifactType") for i in listed]


def deletion(repository, algorithm, image, other):
    at = f"/v2/{repository}/manifests"
    expect("delete a tag", ask("DELETE", f"{at}/q0"), 202)
    errors("deleted tag", ask("GET", f"{at}/q0"), 404, "MANIFEST_UNKNOWN")
    errors("deleted tag again", ask("DELETE", f"{at}/q0"), 404, "MANIFEST_UNKNOWN")
    assert "q0" not in json.loads(ask("GET", f"/v2/{repository}/tags/list").body)["tags"]
    expect("its manifest", ask("GET", f"{at}/{sha(image, algorithm)}"), 200)
    layer = json.loads(image)["layers"][0]["digest"]
    errors("a blob in use", ask("DELETE", f"/v2/{repository}/blobs/{layer}"), 405, "UNSUPPORTED")
    expect("delete by digest", ask("DELETE", f"{at}/{sha(other, algorithm)}"), 202)
    errors("deleted", ask("GET", f"{at}/{sha(other, algorithm)}"), 404, "MANIFEST_UNKNOWN")
    tag = next(t for t in json.loads(ask("GET", f"/v2/{repository}/tags/list").body)["tags"] if t.startswith("t"))
    expect("others stay", ask("GET", f"{at}/{tag}"), 200)
    for path, methods in ((f"{at}/q1", ("POST", "PATCH")), (f"/v2/{repository}/tags/list", ("PUT", "DELETE")),
                          (f"/v2/{repository}/blobs/{layer}", ("PUT", "PATCH"))):
        for method in methods:
            errors(f"{method} {path}", ask(method, path), 405, "UNSUPPORTED")


def names():
    for name in ("UPPER", "a//b", "-a", "a..b", "a_", "a/.b"):
        errors(f"name {name}", ask("POST", f"/v2/{name}/blobs/uploads/"), 404, "NAME_INVALID")
    for name in ("a", "a/b/c", "a.b-c_d__e---f/0", "x" * 128 + "/" + "y" * 100):
        expect("cancel", ask("DELETE", begin(name)), 204)


ping()
for algorithm in ("sha256", "sha512"):
    blobs(algorithm)
    manifests(algorithm)
names()
server.end()
print(f"{Checks.count} answers of the conformance scenarios")
