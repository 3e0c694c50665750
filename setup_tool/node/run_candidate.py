"""Shell text of a run: Swift itself loads a configuration file before it goes live.

It is loaded as the running proxy server would: by its own interpreter and script, as
its user, with its environment. Where that cannot be had (the service does not run, or runs
in a container) nothing is tried. What Swift prints may quote the file, so it goes to a
file of root's, and only its last sentence is told, without the file's secrets.
"""

from __future__ import annotations

from typing import Final

LOAD_LIMIT: Final = 120
"""Seconds Swift may take to load its configuration."""
CANNOT_TRY: Final = 96
"""The exit status that says Swift could not even be started."""

# For Python 2 as well, which ran Swift up to 2.25. It starts as root and without the
# modules of the service's environment, which are the service's user's to change.
_STARTER = """\
import os, sys
try:
    pid, conf, how = sys.argv[1:]
    def read(name):
        with open("/proc/%s/%s" % (pid, name), "rb") as file:
            return file.read()
    words = read("cmdline").split(b"\\0")[:-1]
    names = [os.path.basename(word) for word in words]
    at = names.index(b"swift-proxy-server")
    pairs = [pair.split(b"=", 1) for pair in read("environ").split(b"\\0") if b"=" in pair]
    kept = dict(pair for pair in pairs if b"NOTIFY" not in pair[0])
    facts = dict(line.split(b":", 1) for line in read("status").splitlines() if b":" in line)
    if os.getuid() == 0:
        os.setgroups([int(group) for group in facts[b"Groups"].split()])
        os.setgid(int(facts[b"Gid"].split()[1]))
        os.setuid(int(facts[b"Uid"].split()[1]))
    if how == "option":
        words = words[:at + 1] + [conf, "--test-config"]
    else:
        load = "import sys; from swift.common import wsgi; "
        load += "wsgi.init_request_processor(sys.argv[1], 'proxy-server')"
        words = words[:at] + ["-c", load, conf]
    os.environ.clear()
    getattr(os, "environb", os.environ).update(kept)
    os.execvp(words[0], words)
except Exception:
    sys.exit(96)
"""

# The last sentence of what was printed, whatever lines it has. The files named before
# SAID are configurations: the values of their options with telling names are hidden, and
# what follows a `%` in them, which ConfigParser quotes when it cannot make sense of it.
_WORDS = r"""
function hide(text,    parts, count, i) {
    sub(/^[ \t]+/, "", text); sub(/[ \t\r]+$/, "", text)
    keep(text)
    count = split(text, parts, /[ \t]+/)
    for (i = 1; i <= count; i++) keep(parts[i])
    while (i = index(text, "%")) {
        text = substr(text, i + 1)
        keep("%" text); keep(text)
    }
}
function keep(text,    plain) {
    if (length(text) > 2) hidden[text] = 1
    plain = text
    gsub(/%%/, "%", plain)
    if (length(plain) > 2) hidden[plain] = 1
}
function swapped(text, old, new,    at, done) {
    done = ""
    while (at = index(text, old)) {
        done = done substr(text, 1, at - 1) new
        text = substr(text, at + length(old))
    }
    return done text
}
FILENAME != "said" && /^[ \t]/ { if (secret) hide($0); next }
FILENAME != "said" {
    at = match($0, /[=:]/)
    key = at ? tolower(substr($0, 1, at - 1)) : ""
    sub(/[ \t]+$/, "", key); sub(/^.*[ \t#;]/, "", key)
    secret = key ~ /(^|[^a-z])(pass|pwd|secrets?|token|keys?)$/ \
        || key ~ /password|passwd|passphrase|_root_secret_|^user(64)?_/ \
        || key ~ /(secret|auth|api|access|private)_?key$/
    if (secret) hide(substr($0, at + 1))
    next
}
{ gsub(/[^ -~]/, " ") }
/^Exception ignored/ { exit }
/^[^ ]/ { words = $0; next }
words != "" && /[^ ]/ { sub(/^ +/, ""); words = words " " $0 }
END {
    words = swapped(words, ENVIRON["CANDIDATE"], ENVIRON["REAL"])
    gsub(/\047[^\047]*\\n\047/, "(the line)", words)
    for (;;) {
        longest = ""
        for (text in hidden) if (length(text) > length(longest)) longest = text
        if (longest == "") break
        delete hidden[longest]
        words = swapped(words, longest, "********")
    }
    gsub(/:\/\/[^ \/@]*@/, "://********@", words)
    print words == "" ? "it ended without a word" : substr(words, 1, 500)
}
"""

CANDIDATE: Final = (
    "swift_starter='"
    + _STARTER.replace("'", "'\\''")
    + "'\nswift_words='"
    + _WORDS.replace("'", "'\\''")
    + "'\n"
    + r"""
# can_try: sets python, which starts Swift as the service's user, and must be root's own
can_try() {
    [ -n "$main" ] && is_swift "$main" || return 1
    python=$(readlink "/proc/$main/exe")
    [ -x "$python" ] || return 1
    case $(stat -L -c %u "$python") in 0 | "$(id -u)") return 0 ;; *) return 1 ;; esac
}

# loads HOW REAL CANDIDATE: whether Swift loads the candidate; sets words if not
loads() {
    (
        trap - HUP INT PIPE TERM
        umask 022
        cd /
        exec $timeout """
    + str(LOAD_LIMIT)
    + r""" "$python" -E -s -S -c "$swift_starter" "$main" "$3" "$1"
    ) >said 2>&1 </dev/null
    case $? in
    0) words= ;;
    """
    + str(CANNOT_TRY)
    + r""") untried=yes words= ;;
    124 | 143) words="it was not done with it within """
    + str(LOAD_LIMIT)
    + r""" s" ;;
    *) words=$(REAL=$2 CANDIDATE=$3 awk "$swift_words" "$2" "$3" said) ;;
    esac
    rm -f said
    [ -z "$words" ]
}

# try_config HOW PATH INDEX ('' where the file stays as it is): fails where Swift could not
# be started with the file as it is to be
try_config() {
    look
    untried= candidate=
    if [ -n "$3" ]; then
        IFS= read -r real <"real/$3"
        beside "$real"
        candidate=$temp
    else
        real=$(readlink -f "$2") && candidate=$real
    fi
    if [ ! -e "$candidate" ] || ! can_try; then
        note "# $2 was not tried: no Swift proxy server of this system runs that could load it"
        return 0
    fi
    begin "try $2"
    if loads "$1" "$real" "$candidate"; then
        [ -z "$untried" ] || note "# $2 was not tried: Swift could not be started for it"
        return 0
    fi
    refused=$words
    if [ -z "$3" ]; then
        refused="$name was not told to read $2, which Swift refuses as it stands: $refused"
    elif loads "$1" "$real" "$real"; then
        refused="Swift refuses the new $2: $refused"
    else
        refused="Swift refuses the new $2: $refused (it refuses the file as it stands as well, \
so this was wrong before: correct that first)"
    fi
    fail failed "$refused. Nothing was changed"
}
"""
)
"""What tries a service's configuration; it needs the texts of the files and of the service."""
