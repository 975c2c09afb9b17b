# Functions for the requests of these pages (bash): `. docs/workflows/tools.sh` in the folder of the project.
HUB=${HUB:-http://127.0.0.1:8080/fhir}

# hub AGENCY METHOD PATH [curl options]: one request as an agency; prints the answer and its status.
hub() {
  local agency=$1 method=$2 path=$3
  shift 3
  answer=$(curl -s -X "$method" -H "X-Agency: $agency" -H 'Content-Type: application/fhir+json' \
    -w '\n%{http_code}' "$@" "$HUB/$path")
  printf '%s\n\n' "$answer"
}

# form NAME blank=value ...: a resource of samples/scenarios/stories/forms, filled in.
form() { node --import ./server/typescript/register.mjs scripts/stories/print-form.ts "$@"; }

# The following read the last answer. id TYPE: the id of the first record of that type.
id() { printf '%s' "$answer" | grep -o "\"resourceType\":\"$1\",\"id\":\"[^\"]*\"" | head -1 | cut -d'"' -f8; }

# version: its version as If-Match wants it, such as W/"1".
version() { printf 'W/"%s"' "$(printf '%s' "$answer" | grep -o '"versionId":"[^"]*"' | head -1 | cut -d'"' -f4)"; }

# token: the token of $match.
token() { printf '%s' "$answer" | grep -o '"valueString":"[^"]*"' | head -1 | cut -d'"' -f4; }

# with JSON: the record of the last answer with these elements in place of its own; outputs and notes are added to its own.
with() {
  printf '%s' "$answer" | node -e '
    const [json] = require("fs").readFileSync(0, "utf8").split(/\n\d+$/)
    const [record, changed] = [JSON.parse(json), JSON.parse(process.argv[1])]
    for (const list of ["output", "note"]) if (changed[list]) changed[list].unshift(...(record[list] ?? []))
    console.log(JSON.stringify({ ...record, ...changed }))' "$1"
}
