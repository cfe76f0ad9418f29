#!/usr/bin/env bash
# setup.sh [DIR]  -  makes DIR/wstest (default DIR: target/autobahn): the Autobahn WebSocket test suite
# 25.10.1, from PyPI. The suite is Python 2 only, so it runs on a Python 2.7 found on this machine
# (PYTHON2, PATH, pyenv) or else on Debian 11's, unpacked into DIR/py27 (amd64 only).
# Needs python3 with venv, and cc; for the Debian route curl and dpkg-deb too. No root; writes only to
# DIR and pip's cache. Does nothing when DIR/wstest works already.
# PYTHON2=/path/to/python2.7 picks an interpreter, PYTHON2=debian skips the search.
set -euo pipefail
dir=$(mkdir -p "${1:-target/autobahn}" && cd "${1:-target/autobahn}" && pwd)
want="AutobahnTestSuite 25.10.1"

works() { [ -x "$dir/wstest" ] && "$dir/wstest" -a 2>/dev/null | grep -x "$want" > /dev/null; }
if works; then echo "$dir/wstest: ready"; exit 0; fi
rm -rf "$dir/wstest" "$dir/py27" "${dir:?}/boot" "$dir/venv"

# 1. A Python 2.7 with ssl and zlib, and with headers (wsaccel is compiled against them).
usable() {
  "$1" -c 'import sys, os, ssl, zlib, distutils.sysconfig as c
sys.exit(sys.version_info[:2] != (2, 7) or not os.path.exists(c.get_python_inc() + "/Python.h"))' \
    >/dev/null 2>&1
}
py= libs=
if [ "${PYTHON2-}" != debian ]; then
  for c in "${PYTHON2-}" "$(type -P python2.7 || true)" \
           "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7*/bin/python2.7; do
    if [ -n "$c" ] && usable "$c"; then py=$c; break; fi
  done
fi
if [ -z "$py" ]; then
  mirror=${DEBIAN:-$(apt-get indextargets --format '$(SITE)' 2>/dev/null | awk '/\/debian\/?$/ && !n++')}
  mkdir -p "$dir/debs"
  while read -r sha path; do
    deb=$dir/debs/${path##*/}
    if ! echo "$sha  $deb" | sha256sum -c --status 2>/dev/null; then
      curl -fsSL --retry 3 -o "$deb" "$mirror/pool/main/$path"
      echo "$sha  $deb" | sha256sum -c --quiet
    fi
    dpkg-deb -x "$deb" "$dir/py27"
  done <<'DEBS'
44f0cdc1a343303d31c55fcb3a6402cfe326adf749ec30e375e6e0c0c5f7c1f7 p/python2.7/python2.7-minimal_2.7.18-8+deb11u1_amd64.deb
85833c92314011b89bbead6f9a5a7a360b5ee4f9b95e001225afead4ebf9f7d3 p/python2.7/libpython2.7-minimal_2.7.18-8+deb11u1_amd64.deb
3e627d6d8992b853e000b8a4c09dda613fb767cdb711a2eac20ebc9f867b593c p/python2.7/libpython2.7-stdlib_2.7.18-8+deb11u1_amd64.deb
887034beb360069df8b519ad93893454ef3402415775a0466940fb73d6a8b8ca p/python2.7/libpython2.7-dev_2.7.18-8+deb11u1_amd64.deb
aadf8b4b197335645b230c2839b4517aa444fd2e8f434e5438c48a18857988f7 o/openssl/libssl1.1_1.1.1w-0+deb11u1_amd64.deb
30ca89bfddae5fa6e0a2a044f22b6e50cd17c4bc6bc850c579819aeab7101f0f libf/libffi/libffi7_3.3-6_amd64.deb
DEBS
  py=$dir/py27/usr/bin/python2.7
  libs=$dir/py27/usr/lib/x86_64-linux-gnu
  export LD_LIBRARY_PATH=$libs CPATH=$dir/py27/usr/include/python2.7:$dir/py27/usr/include
fi
echo "Python 2.7: $py"

# 2. The suite. Versions are upstream's pins plus the last releases for Python 2.7; klein, Werkzeug,
# service-identity and the like are left out: they serve modes other than fuzzingserver/-client.
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_PYTHON_VERSION_WARNING=1
python3 -m venv "$dir/boot"
"$dir/boot/bin/pip" install -q virtualenv==20.21.1  # the last one that makes environments for Python 2.7
"$dir/boot/bin/virtualenv" -q --app-data "$dir/boot/data" --no-download -p "$py" "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --no-deps \
  autobahntestsuite==25.10.1 autobahn==0.10.9 txaio==2.1.0 wsaccel==0.6.6 \
  Twisted==19.10.0 zope.interface==4.6.0 constantly==15.1.0 incremental==16.10.1 \
  Automat==22.10.0 attrs==21.4.0 hyperlink==21.0.0 idna==2.10 typing==3.10.0.0 six==1.16.0 \
  pyOpenSSL==19.1.0 cryptography==3.3.2 cffi==1.15.1 enum34==1.1.10 ipaddress==1.0.23 \
  Jinja2==2.11.3 MarkupSafe==1.1.1 unittest2==1.1.0 traceback2==1.4.0 linecache2==1.0.0

# 3. The launcher. Upstream's fuzzingserver listens on every interface; this one on loopback only.
cat > "$dir/wstest" <<EOF
#!/bin/sh
${libs:+export LD_LIBRARY_PATH='$libs'}
exec '$dir/venv/bin/python' -u -W ignore -c '
from autobahntestsuite import fuzzing, wstest
listen = fuzzing.listenWS
def loopback(factory, tls=None):
   print "Listening on %s" % listen(factory, tls, interface="127.0.0.1").getHost()
fuzzing.listenWS = loopback
wstest.run()' "\$@"
EOF
chmod +x "$dir/wstest"
works || { echo "$dir/wstest does not run:" >&2; "$dir/wstest" -a >&2 || true; exit 1; }
echo "$dir/wstest: ready"
