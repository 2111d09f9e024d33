/** GraphiQL with our own bar above it. Every script is a file of ours, so that the policy can refuse all others. */
export const playgroundPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Carillon playground</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/playground/graphiql.css" />
    <link rel="stylesheet" href="/playground/playground.css" />
    <script defer src="/playground/react.js"></script>
    <script defer src="/playground/react-dom.js"></script>
    <script defer src="/playground/graphiql.js"></script>
    <script defer src="/playground/graphql-ws.js"></script>
    <script type="module" src="/playground/playground.js"></script>
  </head>
  <body>
    <div id="playground"></div>
  </body>
</html>
`;

/** Allows nothing from elsewhere and no inline script. The editor sets styles in its elements, hence the one exception. */
export const playgroundPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
