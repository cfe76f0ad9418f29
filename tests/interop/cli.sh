#!/usr/bin/env bash
# cli.sh  -  runs the command-line client (crates/bowline-cli) as a user would, over pipes: against our server, Python's `websockets`
# and Node's `ws`, over ws and wss, compressed and not; and each way in which a connection can end, by its exit status and its
# last line. Installs the two libraries into target/interop; the rest must be there (Debian packages: nodejs npm openssl
# python3-venv).
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/interop/common.sh
bin=${CARGO_TARGET_DIR:-target}/release
python_library
node_library
cargo build --release -p bowline-cli -p bowline-interop
unset SSL_CERT_FILE NODE_EXTRA_CA_CERTS NO_COLOR BOWLINE_AUTH
unset {http,https,ws,wss,all,no}_proxy {HTTP,HTTPS,WS,WSS,ALL,NO}_PROXY

out=$work/cli.out err=$work/cli.err peak=$work/cli.peak
agreed=permessage-deflate
clean='closed by this client with 1000 (normal closure), and the server agreed; clean.'
passed=0 failed=0

ours() { start ours "$bin/interop-tokio-server" "$@"; }
files() { # OURS: `ws` or `websockets`
  case $1 in
    ws) start files node "$here/cli.mjs" "$big" ;;
    websockets) start files "$python" "$here/cli.py" files "$big" ;;
  esac
}

# Runs the client, and leaves its exit status in $status, what it wrote in $out and $err, and its last line in $last.
run() { # ARGUMENTS...
  status=0
  timeout 120 "${measure[@]}" "$bin/bowline" "$@" > "$out" 2> "$err" || status=$?
  last=$(tail -n 1 "$err")
}
measure=()

check() { # NAME CONDITION...
  local name=$1; shift
  if "$@"; then
    passed=$((passed + 1)); echo "ok      $name"
  else
    failed=$((failed + 1)); echo "FAILED  $name: $*"
    echo "  status $status; standard output:"; head -c 1000 "$out"; echo "  standard error:"; tail -n 20 "$err"
  fi
  : > "$out"; : > "$err" # for `await`
}
ended() { [ "$status" = "$1" ] && [[ $last == *"$2"* ]]; } # STATUS WORDS
printed() { [ "$(< "$out")" = "$1" ]; } # TEXT
printed_there() { grep -qF -- "$1" "$out"; } # WORDS
told() { grep -qF -- "$1" "$err"; } # WORDS
not() { ! "$@"; }
all() { # CONDITION... [-- CONDITION...]
  local condition=()
  for word in "$@" --; do
    if [ "$word" = -- ]; then "${condition[@]}" || return; condition=(); else condition+=("$word"); fi
  done
}
await() { # CONDITION...
  for _ in {1..300}; do ! "$@" 2> "$work/cli.await" || return 0; sleep 0.1; done
  return 1
}
# Standard input that ends when what was sent has come back: a server may drop what it has not answered when a Close frame
# comes, as one on Python's `websockets` does.
until_back() { # SENT [EXPECTED]
  cat "$1"; await cmp -s "${2-$1}" "$out"
}
# One line is sent, and it is for the server to end the connection.
say() { # LINE ARGUMENTS...
  local line=$1; shift
  run --linger 60 "$@" <<< "$line"
}

big=$work/cli-big lines=$work/cli-lines
head -c 50000000 /dev/urandom > "$big"
head -c 4000000 "$big" > "$work/cli-small"
head -c 100000 "$big" | tr -d '\n' > "$work/cli-bytes"
cat "$work/cli-bytes" - <<< '' > "$work/cli-byte-line"
printf '%s\n' Hello '' 'Grüße, 조각 🪢' "  $(printf 'x%.0s' {1..70000})  " last > "$lines"
authority
another=$work/tls/another.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=another" -keyout "$work/tls/another.key" \
  -out "$another" -addext "keyUsage=critical,keyCertSign" 2> "$work/tls/log"

# What every server must do, over whatever there is below.
converse() { # TITLE [OPTIONS...]
  local title=$1 compression=(not told compress); shift
  [[ " $* " != *" --compress "* ]] || compression=(told "compression: $agreed")
  run -v "$@" "$url/" < <(until_back "$lines")
  check "$title: lines" all ended 0 "$clean" -- cmp -s "$lines" "$out" -- "${compression[@]}"
  run "$@" --binary "$url/" < <(until_back "$work/cli-byte-line" "$work/cli-bytes")
  check "$title: binary" all ended 0 "$clean" -- cmp -s "$work/cli-bytes" "$out"
  rm -f "$work/cli-back"
  run "$@" --send-file "$work/cli-small" --receive-file "$work/cli-back" "$url/" < /dev/null
  check "$title: a file there and back" all ended 0 "$clean" -- cmp -s "$work/cli-small" "$work/cli-back" -- told '4000000 bytes) in'
  run "$@" --text -f "$lines" -1 "$url/" < /dev/null
  check "$title: a file as text" all ended 0 "$clean" -- cmp -s <(cat "$lines"; echo) "$out"
  run "$@" -v --ping 0.02 "$url/" < <(echo '!ping knock'; await printed 'pong knock'; await told 'pong for "ping 1"')
  check "$title: pings" all ended 0 "$clean" -- printed 'pong knock' -- told 'ping "knock"' -- told 'pong for "ping 1" after '
}

endings() { # TITLE
  say '!close 1000 that was all' "$url/"
  check "$1: closed with 1000" ended 0 'closed by the server with 1000 (normal closure), reason "that was all"; clean.'
  say '!close 1001' "$url/"
  check "$1: closed with 1001" ended 0 'closed by the server with 1001 (going away); clean. '
  say '!close' "$url/"
  check "$1: closed without a code" ended 0 'closed by the server with 1005 (no status received); clean.'
  say '!close 1011 db down' "$url/"
  check "$1: closed with 1011" ended 4 'closed by the server with 1011 (internal error), reason "db down"; clean. The server failed: see its log'
  say '!close 4321 앱' "$url/"
  check "$1: closed with 4321" ended 4 'closed by the server with 4321 (private use), reason "앱"; clean. This code is defined by the application'
  say '!drop' "$url/"
  check "$1: cut" all ended 5 'lost: ' -- not told 'clean;'
  run "$url/refuse/404" < /dev/null
  check "$1: refused" all ended 3 "refused by $url/refuse/404: the opening handshake failed: the server answered with HTTP status 404 (Not Found): check the path (RFC 6455 §4.1)" -- printed ''
  run -v -s other,chat "$url/chat" < /dev/null
  check "$1: subprotocol" all ended 0 "$clean" -- told 'subprotocol: chat'
}

count() { # PATH -> the bytes that went to the server and came from it, by the relay
  curl -sS "${url/ws:/http:}/!wire$1"
}

for peer in ours websockets ws; do
  echo; echo "=== $peer"
  stop; "$peer" $( [ $peer != ours ] || echo $agreed )
  converse "$peer"
  converse "$peer, compressed" --compress
  endings "$peer"
  relay
  run "$url/plain" < <(until_back "$lines")
  : > "$out"
  run --compress "$url/compressed" < <(until_back "$lines")
  plain=($(count /plain)) compressed=($(count /compressed))
  check "$peer: ${plain[*]} bytes, compressed ${compressed[*]}" \
    all [ "${compressed[0]}" -lt $((plain[0] / 10)) ] -- [ "${compressed[1]}" -lt $((plain[1] / 10)) ]

  stop; tls "$peer" $( [ $peer != ours ] || echo $agreed )
  converse "$peer, TLS" --ca "$authority"
  converse "$peer, TLS, compressed" --ca "$authority" --compress
  run "$url/" < "$lines"
  check "$peer: nobody vouches for the certificate" all ended 1 "cannot connect to localhost port ${url##*:}: TLS: invalid peer certificate: " -- told 'pass the PEM file of the authority with --cacert' -- printed ''
  run --ca "$another" "$url/" < "$lines"
  check "$peer: another authority" all ended 1 ": none of the trusted authorities has signed the server's certificate. The file of --cacert replaces the authorities of the platform, and does not have the one that signed it." -- printed ''
  run --ca "$authority" "${url/localhost/127.0.0.1}/" < "$lines"
  check "$peer: a certificate for another name" all ended 1 "cannot connect to 127.0.0.1 port ${url##*:}: TLS: invalid peer certificate: " -- told ': the certificate is for other names than the host of the URI.'
done
SSL_CERT_FILE=$authority run "$url/" < "$lines"
check "what the platform trusts" all ended 0 "$clean" -- cmp -s "$lines" "$out"

# The client holds a few pieces of a file at a time; the program itself, with TLS, takes up to 6 MB.
sum=$(sha256sum < "$big"); sum=${sum%% *}
for peer in websockets ws; do
  for over in plain tls; do
    echo; echo "=== files, $peer, $over"
    options=() title="$peer, $over"
    stop; if [ $over = tls ]; then tls files $peer; options=(--ca "$authority"); else files $peer; fi
    measure=("$python" "$here/cli.py" peak "$peak")
    run "${options[@]}" -1 --send-file "$big" "$url/up" < /dev/null
    check "$title: 50 MB sent, in $(< "$peak") KiB" all ended 0 "$clean" -- printed "$sum" -- [ "$(< "$peak")" -lt 16000 ]
    run "${options[@]}" -o "$work/cli-back" "$url/down" < /dev/null
    check "$title: 50 MB received, in $(< "$peak") KiB" all ended 0 "$clean" -- cmp -s "$big" "$work/cli-back" -- [ "$(< "$peak")" -lt 16000 ]
    measure=()
    run "${options[@]}" "$url/down" --listen
    check "$title: 50 MB are more than --limit" ended 6 'failed by this client with 1009 (message too big)'
    run "${options[@]}" --limit 50M "$url/down" -1 < /dev/null
    check "$title: and may be allowed" all ended 0 "$clean" -- cmp -s "$big" "$out"
    run "${options[@]}" -v -1 -H 'X-One: 1' --header 'x-two: a: b' -s v2 --subprotocol v1 --origin https://example.com "$url/headers" < /dev/null
    check "$title: header fields" all ended 0 "$clean" -- told 'subprotocol: v1' -- grep -qiE '"x-one": ?"1"' "$out" \
      -- grep -qiE '"x-two": ?"a: b"' "$out" -- grep -qiE '"origin": ?"https://example.com"' "$out" -- grep -qiE '"user-agent": ?"bowline/[0-9]' "$out" -- grep -qiE '"sec-websocket-protocol": ?"v2, v1"' "$out"
  done
done

echo; echo "=== a server without manners"
stop; start rude "$python" "$here/cli.py" rude
while IFS='|' read -r path expected words; do
  run --listen --connect-timeout 2 "$url/$path" < /dev/null
  check "/$path" ended "$expected" "$words"
done << 'TABLE'
cut|5|lost: the server ended the stream without a Close frame. 
in-frame|5|lost: the server ended the stream in the middle of a frame. 
in-message|5|lost: the server ended the stream between the frames of a message. 
opcode|6|failed by this client with 1002 (protocol error): a frame has the reserved opcode 3 (RFC 6455 §5.2, at byte 7 from the peer). The server, or a proxy in between, is at fault
masked|6|failed by this client with 1002 (protocol error): a frame from the server is masked
utf-8|6|failed by this client with 1007 (invalid payload data): a text message is not valid UTF-8
too-big|6|failed by this client with 1009 (message too big): a frame is larger than the limit of 16777216 bytes (RFC 6455 §10.4, at byte 7 from the peer). Accept larger messages with --limit
ssh|3|"SSH-2.0-OpenSSH_9.9" is not the start of an HTTP/1.1 message: check which protocol the peer uses (RFC 9112 §2.1). This is not the answer of a WebSocket server
tls|3|the server uses TLS on this port: connect with wss:// instead of ws://
nothing|3|the stream ended after 0 bytes, before the end of the opening handshake (RFC 6455 §7.1.7). This is not the answer of a WebSocket server: check the port
moved|3|status 301 (Moved Permanently): redirects are followed only if ConnectOptions::follow_redirects allows it; otherwise connect to the URI in the header Location (RFC 6455 §4.1); the reason is "Moved"; Location: wss://elsewhere.example/.
page|3|status 200 (OK), as for a web page: this is not a WebSocket endpoint, so check the path (RFC 6455 §4.1); the body begins with "hi".
why|3|status 403 (Forbidden): it may require credentials, or another Origin (RFC 6455 §4.1); the reason is "No"; the body begins with "Only \u{1b}[2Jwith VPN". Try with --origin, or with credentials in a --header.
chunked|3|status 403 (Forbidden): it may require credentials, or another Origin (RFC 6455 §4.1); the reason is "No". Try with --origin, or with credentials in a --header.
wrong|3|Sec-WebSocket-Accept is "bm8="
mute|1|the opening handshake did not finish within 2s, the limit of `deadlines.handshake` (RFC 6455 §7.1.7). The server was reached, but did not answer. Use --connect-timeout to wait longer.
TABLE
say Hello "$url/reset"
check "/reset" all ended 5 'lost: the connection failed: ' -- printed Hello
run --close-timeout 0.5 "$url/silent" < /dev/null
check "/silent" all ended 5 'the server did not answer the Close frame within 500ms' -- printed Hello
run --send-file "$big" "$url/enough" < /dev/null
check "a file that is not wanted" all ended 7 'closed by the server with 1000 (normal closure); clean.' -- ended 7 'cli-big was only partly sent ('
run --listen "$url/escape" < /dev/null
check "a pipe gets what came" printed $'\e[2Jwiped'
run --listen -o "$work/cli-back" "$url/in-message" < /dev/null
check "a file that is cut" all ended 5 'cli-back contains only the first 3 bytes of the message; lost: ' -- [ "$(< "$work/cli-back")" = abc ]
run "wss${url#ws}/" < /dev/null
check "TLS where there is none" ended 1 "cannot connect to 127.0.0.1 port ${url##*:}: TLS: "

echo; echo "=== no server, and mistakes"
gone=("${servers[@]}") gone_url=$url
stop; wait "${gone[@]}" || true
run "$url/" < /dev/null
check "nobody listens" ended 1 "cannot connect to 127.0.0.1 port ${url##*:}: TCP: ${url#ws://}: Connection refused (os error 111). Nothing is listening there"
run ws://no-such-host.invalid/ < /dev/null
check "no such host" ended 1 'cannot connect to no-such-host.invalid port 80: DNS lookup: '
run "${gone_url/ws:/http:}/" < /dev/null
check "http means ws" ended 1 "cannot connect to 127.0.0.1 port"
run ftp://127.0.0.1/ < /dev/null
check "no WebSocket URI" ended 2 'it must begin with ws:// or wss://'
run -v wsss://me:S3cr3t@127.0.0.1/?S3cr3t < /dev/null
check "a password in a URI with a mistake" all ended 2 'it must begin with ws:// or wss://' -- not told S3cr3t
run -v -H 'Authorization S3cr3t' ws://127.0.0.1/ < /dev/null
check "a secret in a header without a colon" all ended 2 'without a colon' -- not told S3cr3t
run -v -H 'Cookie: S3cr3t' "$gone_url/?S3cr3t" < /dev/null
check "a secret in the query, and no server" all ended 1 'cannot connect' -- not told S3cr3t
run --no-such-option ws://127.0.0.1/ < /dev/null
check "no such option" all [ "$status" = 2 ] -- told 'unexpected argument'
run -H 'no colon' ws://127.0.0.1/ < /dev/null
check "a header without a colon" ended 2 "write it as 'Name: value'"
run -H 'Upgrade: other' ws://127.0.0.1/ < /dev/null
check "a header of the handshake" ended 2 Upgrade
run --send-file "$work/no-such-file" ws://127.0.0.1/ < /dev/null
check "no such file" ended 7 'no-such-file: No such file'
run --ca "$lines" wss://127.0.0.1/ < /dev/null
check "no authority in the file" ended 7 'there is no certificate in the PEM text'
run --help
check "--help has the exit status" all [ "$status" = 0 ] -- grep -q '^  6    the server broke the protocol' "$out"

echo; echo "=== the way to the server"
stop; files websockets
there=$url port=${url##*:}
basic='"authorization": "Basic bWU6UzNjcjN0"' # me:S3cr3t
run -1 --auth me:S3cr3t "$there/headers" < /dev/null
check "--auth" all ended 0 "$clean" -- printed_there "$basic"
echo me:S3cr3t > "$work/cli-auth"
run -1 --auth "@$work/cli-auth" "$there/headers" < /dev/null
check "--auth from a file" all ended 0 "$clean" -- printed_there "$basic"
BOWLINE_AUTH=me:S3cr3t run -1 "$there/headers" < /dev/null
check "--auth from the environment" all ended 0 "$clean" -- printed_there "$basic"
run -1 "ws://me:S3cr3t@127.0.0.1:$port/headers" < /dev/null
check "credentials in the address" all ended 0 "$clean" -- printed_there "$basic"
run --auth S3cr3t "$there/headers" < /dev/null
check "--auth without a colon" all ended 2 'write it as USER:PASSWORD' -- not told S3cr3t
run --auth "@$work/no-such-file" "$there/headers" < /dev/null
check "--auth from no file" ended 7 'no-such-file: No such file'

start redirect "$python" "$here/cli.py" redirect "$there"
run -1 -v --follow --auth me:S3cr3t -H 'X-Kept: yes' "$url/headers" < /dev/null
check "--follow" all ended 0 "$clean" -- told "connected to $there/headers at " -- printed_there '"x-kept": "yes"' -- not printed_there authorization
run -1 "$url/headers" < /dev/null
check "without --follow" ended 3 'To follow it, use --follow.'
run -1 --follow=2 "$url/loop" < /dev/null
check "a loop" ended 3 "the redirects form a loop: $url/loop -> $url/loop -> $url/loop -> $url/loop"
run --follow=some "$url/loop" < /dev/null
check "--follow without a number" [ "$status" = 2 ]

start proxy "$python" "$here/cli.py" proxy
proxy=${url#http://}
asked() { grep -qxF "asked for $1" "$work/proxy.log"; }
run -1 -v --proxy "http://me:S3cr3t@$proxy" "ws://localhost:$port/headers" < /dev/null
check "--proxy" all ended 0 "$clean" -- told "at $proxy (the proxy)" -- asked "localhost:$port" -- not printed_there roxy -- not told S3cr3t
http_proxy=http://me:S3cr3t@$proxy run -1 -v "ws://localhost:$port/" < /dev/null
check "a proxy in the environment" all ended 0 "$clean" -- told "at $proxy (the proxy)"
http_proxy=http://me:S3cr3t@$proxy run -1 -v --noproxy localhost "ws://localhost:$port/" < /dev/null
check "--noproxy" all ended 0 "$clean" -- not told 'the proxy'
http_proxy=http://me:S3cr3t@$proxy run -1 -v --proxy '' "ws://localhost:$port/" < /dev/null
check "--proxy with an empty value" all ended 0 "$clean" -- not told 'the proxy'
run -1 --proxy "http://me:wr0ng@$proxy" "$there/" < /dev/null
check "a wrong password for the proxy" all ended 1 "cannot connect to 127.0.0.1 port $port through the proxy 127.0.0.1 port ${proxy##*:}: the proxy answered with HTTP status 407" -- not told wr0ng
run -1 --proxy socks5h://127.0.0.1:1 "$there/" < /dev/null
check "no proxy there" ended 1 ": TCP to the proxy: 127.0.0.1:1: Connection refused (os error 111). Check --proxy"
run -1 --proxy ftp://me:S3cr3t@proxy "$there/" < /dev/null
check "a proxy that is not valid" all ended 2 'it must begin with http://' -- not told S3cr3t
https_proxy=ftp://me:S3cr3t@proxy run -1 wss://127.0.0.1:1/ < /dev/null
check "a variable that is not valid" all ended 1 'the environment variable https_proxy: ' -- not told S3cr3t

run -1 --resolve "server.invalid:$port:127.0.0.1" "ws://server.invalid:$port/headers" < /dev/null
check "--resolve" all ended 0 "$clean" -- printed_there "\"host\": \"server.invalid:$port\""
run -1 --resolve server.invalid:127.0.0.1 "$there/" < /dev/null
check "--resolve without a port" ended 2 'write it as HOST:PORT:ADDRESS'
run -1 --local-address 127.0.0.2 "$there/" < /dev/null
check "--local-address" ended 0 "$clean"
run -1 --local-address ::1 "$there/" < /dev/null
check "--local-address of another family" ended 1 'the host has no IPv6 address, and the local address ::1 needs one'
start unix "$python" "$here/cli.py" unix "$work/cli.sock"
run -1 --unix-socket "$work/cli.sock" ws://localhost/ <<< Hello
check "--unix-socket" all ended 0 "$clean" -- printed Hello
rm -f "$work/cli.sock"
run -1 --unix-socket "$work/cli.sock" ws://localhost/ <<< Hello
check "no Unix socket" ended 1 "Unix socket: $work/cli.sock: No such file or directory (os error 2). Check the path of --unix-socket"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=client \
  -keyout "$work/cli-client.key" -out "$work/cli-client.pem" 2> "$work/cli.openssl"
stop; CLIENTS=$work/cli-client.pem tls files websockets
run -1 --cacert "$authority" --cert "$work/cli-client.pem" --key "$work/cli-client.key" "$url/" < /dev/null
check "--cert and --key" ended 0 "$clean"
cat "$work/cli-client.key" >> "$work/cli-client.pem"
run -1 --cacert "$authority" --cert "$work/cli-client.pem" "$url/" < /dev/null
check "--cert with its key" ended 0 "$clean"
run -1 --insecure --cert "$work/cli-client.pem" "${url/localhost/127.0.0.1}/" < /dev/null
check "--insecure" ended 0 "$clean"
run -1 --cacert "$authority" "$url/" < /dev/null
check "no client certificate" [ "$status" != 0 ] # with TLS 1.3, this server closes the connection without an alert
run -1 --cert "$authority" "$url/" < /dev/null
check "no private key" ended 7 'there is no private key in the PEM text'

echo; echo "=== pipes, limits and signals"
stop
ours
run -v -H 'Cookie: S3cr3t' "$url/?S3cr3t" <<< Hello
check "-v shows no secrets" all ended 0 "$clean" -- told "connected to $url/ at 127.0.0.1:" -- not told S3cr3t
run -v "$url/refuse/403?S3cr3t" < /dev/null
check "nor does a refusal" all ended 3 "refused by $url/refuse/403: " -- not told S3cr3t
measure=("$python" "$here/cli.py" peak "$peak")
run "$url/" < /dev/zero
check "an endless line, with $(< "$peak") KiB" all ended 7 'line 1 of standard input is longer than 32 MiB' -- [ "$(< "$peak")" -lt 120000 ]
measure=()
run "$url/" < <(printf 'no line feed at the end')
check "a last line without its end" all ended 0 "$clean" -- printed 'no line feed at the end'
run "$url/" < <(printf 'fine\nnot \xff\nnever sent\n')
check "not UTF-8" all ended 7 'line 2 of standard input is not valid UTF-8 (first invalid byte: 5): use --binary to send it unchanged' -- printed fine
run --text -f "$big" "$url/" < /dev/null
check "a file that is not UTF-8" ended 7 'cli-big: it is not valid UTF-8; leave out --text to send it as binary'
run --limit 10 "$url/" <<< 0123456789
check "10 bytes pass a limit of 10" all ended 0 "$clean" -- printed 0123456789
say 01234567890 --limit 10 "$url/"
check "11 do not" all ended 6 'failed by this client with 1009 (message too big): ' -- told 'limit of 10 bytes' -- printed ''
run -o /no/such/directory "$url/" <<< Hello
check "a file that cannot be written" ended 7 'cannot write /no/such/directory: No such file'
say '!close' -1 "$url/"
check "no message" ended 7 'no message arrived; closed by the server'
status=0 last=
seq 200000 | "$bin/bowline" --linger 60 "$url/" 2> "$err" | head -n 1 > "$out" || status=${PIPESTATUS[*]}
check "standard output is closed early" all [ "${status##* }" = 0 ] -- printed 1 -- [ ! -s "$err" ]
seq 200000 > "$work/cli-numbers"
run "$url/" < "$work/cli-numbers"
check "200,000 lines" all ended 0 "$clean" -- cmp -s "$work/cli-numbers" "$out"

# Ctrl-C, as the signal that it is.
interrupted() { # WORDS ARGUMENTS... , where the words are what to wait for before a second one
  local words=$1 client; shift
  "$bin/bowline" -v "$@" < <(sleep 60) > "$out" 2> "$err" &
  client=$!
  await told 'connected to' && sleep 0.5 && kill -INT $client
  [ -z "$words" ] || { await told "$words" && kill -INT $client; }
  status=0; wait $client || status=$?
  last=$(tail -n 1 "$err")
}
interrupted '' "$url/"
check "Ctrl-C" ended 0 "$clean"
start rude "$python" "$here/cli.py" rude
"$bin/bowline" --connect-timeout 60 "$url/mute" < <(sleep 60) > "$out" 2> "$err" &
client=$!
sleep 1; kill -INT $client; status=0; wait $client || status=$?
last=$(tail -n 1 "$err")
check "Ctrl-C while connecting" ended 130 'no connection: interrupted by Ctrl-C.'
interrupted 'closing after Ctrl-C' --close-timeout 60 "$url/silent"
check "Ctrl-C twice" ended 130 'not clean: interrupted twice'
interrupted '' --close-timeout 1 --send-file "$big" "$url/stuck"
sent=${last#*partly sent (} sent=${sent%% *}
check "back-pressure: of 50 MB, a server that does not read gets $sent" \
  all ended 5 'was only partly sent (' -- ended 5 'did not answer the Close frame within 1s' -- [ "$sent" -lt 20000000 ]

# A terminal: a progress bar, and colour unless it is not wanted; and nothing that a server could do to it.
colour=$'\e[32mclosed by this client'
measure=("$python" "$here/cli.py" pty)
TERM=xterm run --listen "$url/escape" < /dev/null
check "a terminal is spared" all printed_there '�[2Jwiped' -- not printed_there $'\e[2Jwiped'
stop; ours
measure=("$python" "$here/cli.py" type Hello)
TERM=xterm run "$url/?S3cr3t"
check "typed and received lines differ" all [ "$status" = 0 ] -- printed_there "connected to $url/" -- printed_there '< Hello' -- not printed_there S3cr3t
measure=("$python" "$here/cli.py" pty)
stop; files ws
TERM=xterm run -1 -f "$big" "$url/up" < /dev/null
cp "$out" "$err"
check "progress of sending, in colour" all [ "$status" = 0 ] -- told ' % ' -- told 'of 47.68 MiB' -- told 'MiB/s' -- told "$colour"
TERM=xterm NO_COLOR=1 run -o "$work/cli-back" "$url/down" < /dev/null
cp "$out" "$err"
check "progress of receiving, without colour" all [ "$status" = 0 ] -- told "receiving $work/cli-back" -- told 'MiB/s' -- not told $'\e[32m'
measure=()

echo; echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
