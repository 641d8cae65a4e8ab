# shellcheck shell=bash
# Functions that find or install tools. scripts/test and scripts/judge source this file.

have() { command -v "$1" >/dev/null; }

# apt_get ARGUMENT...: waits for another apt-get, such as the daily update. The timeout option of apt-get covers only the lock
# of dpkg, not the lock of the package lists.
apt_get() {
  local message end=$((SECONDS + 600))
  while ! message=$(LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 "$@" -qq 2>&1 >/dev/null); do
    case $message in
    *"Could not get lock"* | *"Unable to lock"* | *"Unable to acquire"*) ;;
    *) end=0 ;;
    esac
    if [ "$SECONDS" -ge "$end" ]; then
      printf '%s\n' "$message" >&2
      return 1
    fi
    sleep 5
  done
}

# install_package PACKAGE: with apt-get, as root. The caller checks whether the tool is installed then.
install_package() {
  [ "$(id -u)" -eq 0 ] && have apt-get || return 0
  echo "installing $1"
  { apt_get update && apt_get install -y --no-install-recommends "$1"; } || true
}

# need TOOL PACKAGE
need() {
  have "$1" || install_package "$2"
  have "$1" && return
  echo "${0##*/}: $1 is not installed; install it: apt-get install $2" >&2
  return 1
}

# python_312: prints the path of a Python 3.12 or newer that has venv.
python_312() {
  local name path
  for name in python3 python3.14 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3; do
    # A shim of pyenv may exist for a version that is not installed.
    path=$(command -v "$name") || continue
    "$path" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || continue
    echo "$path"
    return
  done
  return 1
}

# need_python_312: Python 3.12 or newer of the system or pyenv, or uv, which downloads one.
need_python_312() {
  python_312 >/dev/null || have uv || install_package python3-venv
  if python_312 >/dev/null || have uv; then return; fi
  echo "${0##*/}: Python 3.12 or newer is not installed; install it: apt-get install python3-venv (Debian 13, Ubuntu 24.04 or newer), pyenv install 3.13, or uv (https://docs.astral.sh/uv/)" >&2
  return 1
}

need_venv() {
  need python3 python3
  python3 -c 'import ensurepip' 2>/dev/null || install_package python3-venv
}

# create_venv DIR [3.12]
create_venv() {
  local python
  if [ -z "${2-}" ]; then
    python3 -m venv "$1" >/dev/null
  elif python=$(python_312); then
    "$python" -m venv "$1" >/dev/null
  else
    uv venv --quiet --seed --python '>=3.12' "$1"
  fi
}
