# Shell functions with which the pages of this folder speak to Carillon: read them with `. docs/shell.sh`.
# They want bash or zsh, curl and node. $url is the server, $token the access token that sign_in keeps there.
url=${url:-http://127.0.0.1:3000}
token=${token:-}

# operation <GraphQL> [name=text | name:=json]…: the body of a request, with these variables
operation() {
  node -e '
    const [query, ...given] = process.argv.slice(1);
    const variables = Object.fromEntries(given.map((text) => {
      const [, name, json, value] = /^(\w+)(:?)=([^]*)$/.exec(text);
      return [name, json ? JSON.parse(value) : value];
    }));
    console.log(JSON.stringify({ query, variables }));' -- "$@"
}

# answer: the data of the answer on standard input; where it is a refusal, its code and message on standard error
answer() {
  node -e '
    const text = fs.readFileSync(0, "utf8");
    if (text === "") process.exit(1);
    const { data, errors = [] } = JSON.parse(text);
    for (const { message, extensions } of errors) console.error(`${extensions.code}: ${message}`);
    if (errors.length > 0) process.exit(1);
    console.log(JSON.stringify(data, null, 2));'
}

# ask <GraphQL> [name=text | name:=json]…: runs an operation and prints its data
ask() {
  operation "$@" | curl -sS "$url/graphql" -H 'content-type: application/json' \
    -H "authorization: Bearer $token" --data-binary @- | answer
}

# pick <member.member>: one value out of the JSON on standard input
pick() {
  node -e '
    const text = fs.readFileSync(0, "utf8");
    if (text === "") process.exit(1);
    const value = process.argv[1].split(".").reduce((found, name) => found?.[name], JSON.parse(text));
    if (value === undefined) console.error(`There is no ${process.argv[1]} in ${text}`), process.exit(1);
    console.log(value);' "$1"
}

# sign_in <e-mail> <password>: keeps the access token of an operator, which is good for an hour
sign_in() {
  token=
  token=$(ask 'mutation ($email: String!, $password: String!) {
    login(email: $email, password: $password) { token }
  }' email="$1" password="$2" | pick login.token) && echo "Signed in as $1"
}
