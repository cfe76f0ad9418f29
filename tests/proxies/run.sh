#!/usr/bin/env bash
# run.sh  -  lets both of our clients connect through real proxies: squid (also with TLS to the proxy), tinyproxy, Dante and
# microsocks, each with and without passwords, to a server on Python's `websockets`. See tests/README.md. Installs the library into
# target/interop; the rest must be there (Debian packages: curl dante-server libnss-wrapper microsocks openssl python3-venv squid
# tinyproxy-bin).
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/interop/common.sh
here=tests/proxies
files=$PWD/target/proxies user=me password=s3cr3t-1
mkdir -p "$files"
. "$here/services.sh"
trap 'stop; wait; rm -f "${hosts-}"' EXIT # squid needs a second to stop

python_library
authority
own_names
cargo build -p bowline-proxies
# Containers often have no IPv6. Then what needs it is left out.
has_ipv6='import socket; socket.create_server(("::1", 0), family=socket.AF_INET6)'
if python3 -c "$has_ipv6" 2> "$files/ipv6.log"; then export IPV6=1; else unset IPV6; echo "without IPv6"; fi
read -ra ports < <(free_ports 10)

tls start target "$python" "$here/server.py"
read -r plain secure <<< "$url"
run_squid "${ports[@]:0:4}"
run_tinyproxy tinyproxy "${ports[4]}"
run_tinyproxy tinyproxy-password "${ports[5]}" "BasicAuth $user $password"
run_danted danted "${ports[6]}" none
run_danted danted-password "${ports[7]}" username
run_microsocks microsocks "${ports[8]}"
run_microsocks microsocks-password "${ports[9]}" -u "$user" -P "$password"

# The variables that choose a proxy are set by the program for those of its clients that should read them.
SSL_CERT_FILE=$authority timeout 300 "${CARGO_TARGET_DIR:-target}/debug/proxies" check "$plain" "$secure" "${ports[@]}"
