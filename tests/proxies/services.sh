# Functions that start real proxies on loopback ports, with configurations made here. Source it after tests/interop/common.sh; it
# needs the variables $IPV6 (unset without IPv6), $files (a folder for what is made here), $ports (free ports), $user and $password, and the authority's
# $certificate and $key. The Debian packages are dante-server, libnss-wrapper, microsocks, squid and tinyproxy-bin.
PATH=$PATH:/usr/sbin

# Prints N ports of 127.0.0.1 that are free.
free_ports() { # N
  python3 -c 'import socket, sys
open = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(server.getsockname()[1] for server in open))' "$1"
}

present() { # PROGRAM PACKAGE
  command -v "$1" > /dev/null || { echo "there is no $1: install the Debian package $2"; exit 1; }
}

# Starts a proxy, and waits until its port accepts a connection.
serve() { # NAME PORT COMMAND...
  local log=$files/$1.log port=$2 pid; shift 2
  "$@" > "$log" 2>&1 &
  pid=$!
  servers+=("$pid")
  for _ in {1..100}; do
    ! (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null || return 0
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.1
  done
  echo "no proxy at port $port: $*"; cat "$log"; exit 1
}

# Names that only the proxies can resolve, and accounts that only they have: a library answers for the C library, from files.
# So no name is looked up in DNS, and the machine needs no account and no change.
own_names() {
  # The loader writes a message if it cannot find it.
  [ -z "$(env LD_PRELOAD=libnss_wrapper.so true 2>&1)" ] ||
    { echo "there is no libnss_wrapper: install the Debian package libnss-wrapper"; exit 1; }
  hosts=$(mktemp) # squid's user must be able to read it, wherever this project is
  chmod 644 "$hosts"
  cat > "$hosts" <<HOSTS
127.0.0.1 localhost
127.0.0.1 for-proxies.test
127.0.0.3 forbidden.test
HOSTS
  cp /etc/passwd "$files/passwd"
  echo "$user:x:4711:4711::/nonexistent:/usr/sbin/nologin" >> "$files/passwd"
  cp /etc/group "$files/group"
  echo "$user:$(openssl passwd -6 "$password"):19000:0:99999:7:::" > "$files/shadow"
  with_own_names=(env LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_HOSTS="$hosts" NSS_WRAPPER_PASSWD="$files/passwd"
    NSS_WRAPPER_GROUP="$files/group" NSS_WRAPPER_SHADOW="$files/shadow")
}

# One process with four ports: without and with passwords, each without and with TLS. It resolves names itself. `sed` checks the
# passwords, so that squid's own user needs no file with them.
run_squid() { # PORT PASSWORD_PORT TLS_PORT TLS_PASSWORD_PORT
  present squid squid
  cat > "$files/squid.conf" <<CONF
visible_hostname squid.test
pid_filename none
cache_log /dev/null
access_log none
netdb_filename none
pinger_enable off
cache_mem 8 MB
max_filedescriptors 1024
shutdown_lifetime 0 seconds
hosts_file $hosts
dns_nameservers 127.0.0.1
dns_timeout 1 second
dns_retransmit_interval 1 second
http_port 127.0.0.1:$1 name=open
http_port 127.0.0.1:$2 name=locked
https_port 127.0.0.1:$3 name=open-tls tls-cert=$certificate tls-key=$key
https_port 127.0.0.1:$4 name=locked-tls tls-cert=$certificate tls-key=$key
auth_param basic program /bin/sed -u s/^$user.$password$/OK/;t;s/.*/ERR/
auth_param basic children 1
auth_param basic realm squid.test
acl locked myportname locked locked-tls
acl accounts proxy_auth REQUIRED
acl forbidden dstdomain forbidden.test
http_access deny locked !accounts
http_access deny forbidden
http_access allow all
CONF
  # It has shared memory under the name of the service.
  serve squid "$4" squid -N -d 1 -n "bowline$$" -f "$files/squid.conf"
}

run_tinyproxy() { # NAME PORT [LINE], a line for the configuration
  present tinyproxy tinyproxy-bin
  echo '^forbidden\.test$' > "$files/filter"
  cat > "$files/$1.conf" <<CONF
Listen 127.0.0.1
Port $2
Timeout 60
MaxClients 100
LogLevel Connect
Filter "$files/filter"
${3-}
CONF
  serve "$1" "$2" "${with_own_names[@]}" tinyproxy -d -c "$files/$1.conf"
}

run_danted() { # NAME PORT METHOD
  present danted dante-server
  cat > "$files/$1.conf" <<CONF
logoutput: stderr
internal: 127.0.0.1 port = $2
external: 127.0.0.1
${IPV6+external: ::1}
external.rotation: route
clientmethod: none
socksmethod: $3
client pass { from: 0/0 to: 0/0 log: error }
socks block { from: 0/0 to: forbidden.test log: connect error }
socks pass { from: 0/0 to: 0/0 log: connect error }
CONF
  serve "$1" "$2" "${with_own_names[@]}" danted -p "$files/$1.pid" -f "$files/$1.conf"
}

run_microsocks() { # NAME PORT [OPTION...]
  present microsocks microsocks
  serve "$1" "$2" "${with_own_names[@]}" microsocks -i 127.0.0.1 -p "$2" "${@:3}"
}
