/** Requests of good HTTP that the API has to refuse with a 4xx. */
export function refusedApiRequests(): Readonly<Record<string, string>> {
  const deep = "[".repeat(100_000);
  const json = (body: string, target = "POST /services"): string => request(target, body);
  return {
    "no JSON": json("name=a"),
    "half a JSON": json('{"name":"a'),
    "two JSONs": json('{"name":"service-a"}{}'),
    "a trailing comma": json('{"name":"service-a",}'),
    "single quotes": json("{'name':'service-a'}"),
    "bytes that are no UTF-8": json('{"name":"\xff\xfe"}'),
    "a lone surrogate": json('{"name":"\\ud800aaa"}'),
    "a zero byte": json('{"name":"a\\u0000bc"}'),
    "an array": json("[]"),
    "a string": json('"name"'),
    "a number": json("1e999"),
    null: json("null"),
    "an empty object": json("{}"),
    "100,000 open brackets": json(deep),
    "100,000 nested objects": json(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
    "a deep value": json(`{"name":${deep}${"]".repeat(100_000)}}`),
    "a name that is a number": json('{"name":1}'),
    "a name that is a list": json('{"name":["service-a"]}'),
    "a name that is null": json('{"name":null}'),
    "a name of 500 KB": json(`{"name":"${"a".repeat(500_000)}"}`),
    "a name in upper case": json('{"name":"SERVICE"}'),
    "an unknown auth type": json('{"name":"service-a","authType":"MAYBE"}'),
    "a prototype instead of a name": json('{"__proto__":{"name":"service-a"}}'),
    "tags that are a list": json('{"name":"service-a","tags":[]}'),
    "tags of numbers": json('{"name":"service-a","tags":{"a":1}}'),
    "1,000 tags": json(
      `{"name":"service-a","tags":${JSON.stringify(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`t${i}`, ""])))}}`,
    ),
    "a body of 2 MB": json(`{"name":"${"a".repeat(2_000_000)}"}`),
    "a chunked body of 2 MB": `POST /services HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${"a".repeat(65_536)}\r\n`.repeat(32)}0\r\n\r\n`,
    "an announced terabyte": "POST /services HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n{}",
    "a broken escape in the path": request("GET /services/%zz"),
    "half an escape in the path": request("GET /services/%4"),
    "an escape that is no UTF-8": request("GET /services/%c3%28"),
    "an escaped zero byte": request("GET /services/svc-%00"),
    "an escaped slash": request("GET /services/..%2f..%2fetc%2fpasswd"),
    "dots in the path": request("GET /services/../../etc/passwd"),
    "an identifier of 20 KB": request(`GET /services/${"a".repeat(20_000)}`),
    "a broken escape in the query": request("GET /services?maxResults=%zz"),
    "a size that is no number": request("GET /services?maxResults=many"),
    "a size that is negative": request("GET /services?maxResults=-1"),
    "a size that is huge": request("GET /services?maxResults=1e30"),
    "a token that is none": request("GET /services?nextToken=AAAA"),
    "a token of random bytes": request("GET /services?nextToken=%ff%fe%00"),
    "an unknown path": request("GET /nothing/here"),
    "a prototype's path": request("GET /__proto__"),
    "a constructor's path": request("GET /pergola/constructor"),
    "an unknown operation of a resource": request("PUT /services", "{}"),
    "a host of elsewhere": "GET /services HTTP/1.1\r\nHost: elsewhere.example.com\r\nConnection: close\r\n\r\n",
    "a page of elsewhere": request("GET /services", "", "Origin: http://elsewhere.example.com\r\n"),
    "a policy that is no JSON": json('{"policy":"{"}', "PUT /authpolicy/svc-0123456789abcdef0"),
    "a deep policy": json(JSON.stringify({ policy: '{"a":'.repeat(1_900) }), "PUT /authpolicy/svc-0123456789abcdef0"),
    "no targets": json('{"targets":{}}', "POST /targetgroups/tg-0123456789abcdef0/registertargets"),
  };
}

function request(target: string, body = "", more = ""): string {
  const framing = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`;
  return `${target} HTTP/1.1\r\nHost: localhost\r\n${framing}${more}\r\n${body}`;
}
