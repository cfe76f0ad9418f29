#!/usr/bin/env bash
# nginx.sh URL DIR  -  runs nginx as a reverse proxy for the server at URL, on a free port of the loopback interface, with all
# its files in DIR. If CERTIFICATE and KEY name files, clients come over TLS. Prints its address.
set -euo pipefail
dir=$(mkdir -p "$2" && cd "$2" && pwd)
nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || { echo "there is no nginx"; exit 1; }
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')

address=ws://127.0.0.1:$port listen=127.0.0.1:$port tls=
if [ -n "${CERTIFICATE-}" ]; then
  address=wss://localhost:$port listen+=" ssl" tls="ssl_certificate $CERTIFICATE; ssl_certificate_key $KEY;"
fi

cat > "$dir/nginx.conf" <<CONF
daemon off;
master_process off;
pid $dir/nginx.pid;
error_log $dir/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $dir/body;
  proxy_temp_path $dir/proxy;
  fastcgi_temp_path $dir/fastcgi;
  uwsgi_temp_path $dir/uwsgi;
  scgi_temp_path $dir/scgi;
  server {
    listen $listen;
    $tls
    location / {
      proxy_pass http://${1#ws://};
      proxy_http_version 1.1;
      proxy_set_header Upgrade \$http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host \$http_host;
    }
  }
}
CONF

"$nginx" -e "$dir/error.log" -c "$dir/nginx.conf" &
trap 'kill $!; wait $!' EXIT
for _ in {1..100}; do
  if (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
    echo "listening on $address"
    wait
  fi
  kill -0 $! || break
  sleep 0.1
done
cat "$dir/error.log"
exit 1
