import type { Content, JsonSchema, OpenApi, Operation } from './document';

/** Renders an OpenAPI document as one page of HTML that stands alone. */
export function docsPage(document: OpenApi): string {
  const { info, tags, components } = document;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)}</title>
<style>${style}</style>
<header>
<h1>${bell}Carillon</h1>
<nav><a href="graphql">Playground</a> <a href="openapi.json">openapi.json</a></nav>
</header>
<main>
<p class="lead">${prose(info.description)}</p>
${tags.map(({ name, description }) => tagSection(document, name, description)).join('\n')}
<h2>Schemas</h2>
${Object.entries(components.schemas)
  .map(([id, schema]) => `<h3 id="${escape(id)}">${escape(id)}</h3>${schemaBlock(schema)}`)
  .join('\n')}
</main>
</html>
`;
}

function tagSection({ paths }: OpenApi, tag: string, description: string): string {
  const sections = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([verb, operation]) => operationSection(path, verb, operation)),
  );
  return `<section>
<h2>${escape(tag)}</h2>
<p>${prose(description)}</p>
${sections.join('\n')}
</section>`;
}

function operationSection(path: string, verb: string, operation: Operation): string {
  const { operationId, summary, description, security, parameters, requestBody, responses } =
    operation;
  return `<details id="${escape(operationId)}">
<summary><b class="${verb}">${verb.toUpperCase()}</b> <code>${escape(path)}</code> <span>${prose(summary)}</span></summary>
${description === undefined ? '' : `<p>${prose(description)}</p>`}
<p class="access">${prose(accessOf(security))}</p>
${parameters
  .map(
    ({ name, in: place, required, description: about = '', schema }) =>
      `<h4><code>${escape(name)}</code> in the ${place}${required ? '' : ', optional'}</h4><p>${prose(about)}</p>${schemaBlock(schema)}`,
  )
  .join('')}
${requestBody ? `<h4>Request${requestBody.required ? '' : ', optional'}</h4>${contentBlocks(requestBody.content)}` : ''}
${Object.entries(responses)
  .map(
    ([status, { description: about, content }]) =>
      `<h4>${status} <span>${prose(about)}</span></h4>${content ? contentBlocks(content) : ''}`,
  )
  .join('')}
</details>`;
}

function accessOf(security: Operation['security']): string {
  const schemes = security.map((each) =>
    Object.entries(each).map(([scheme, scopes]) =>
      scheme === 'pushSession'
        ? 'the token of a push session'
        : `an access token${scopes.length > 0 ? ` with \`${scopes.join(' ')}\`` : ''}`,
    ),
  );
  const wanted = schemes.flat();
  if (wanted.length === 0) return 'Wants no token.';
  return `${schemes.some((each) => each.length === 0) ? 'Takes' : 'Wants'} ${wanted.join(' or ')}.`;
}

const contentBlocks = (content: Content) =>
  Object.entries(content)
    .map(([type, { schema }]) => `<p class="type">${escape(type)}</p>${schemaBlock(schema)}`)
    .join('');

/** Shows a JSON Schema, which is readable enough; references become links to what explains them. */
function schemaBlock(schema: JsonSchema): string {
  const linked = escape(JSON.stringify(schema, null, 2)).replace(
    /#\/components\/schemas\/(\w+)/g,
    '<a href="#$1">$1</a>',
  );
  return `<pre>${linked}</pre>`;
}

/** Renders text; what is between backticks becomes code. */
const prose = (text: string) => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const bell =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2a2 2 0 0 0-2 2v.6A6.5 6.5 0 0 0 5.5 11v4.5L4 18h16l-1.5-2.5V11A6.5 6.5 0 0 0 14 4.6V4a2 2 0 0 0-2-2Zm-2.3 17.5a2.4 2.4 0 0 0 4.6 0Z"/></svg>';

/** The playground's colours. */
const style = `
:root { color-scheme: light dark; --bar: #1e1b4b; --bar-text: #eef2ff; --accent: #4f46e5; --edge: #8883; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --accent: #a5b4fc; } }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0; }
header { align-items: center; background: var(--bar); color: var(--bar-text); display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; padding: .6rem 1rem; }
header h1 { align-items: center; display: flex; font-size: 1.05rem; gap: .5rem; margin: 0; }
header svg { fill: #fbbf24; height: 22px; width: 22px; }
header a { color: inherit; margin-right: 1rem; }
main { margin: 0 auto; max-width: 60rem; padding: 1rem; }
.lead { font-size: 1.1rem; }
h2 { border-bottom: 1px solid var(--edge); margin-top: 2.5rem; padding-bottom: .2rem; }
h4 { margin: 1rem 0 .2rem; }
h4 span, summary span { font-weight: 400; opacity: .8; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid #fbbf24; outline-offset: 2px; }
details { border: 1px solid var(--edge); border-radius: 8px; margin: .4rem 0; padding: 0 .8rem; }
details[open] { padding-bottom: .8rem; }
summary { cursor: pointer; padding: .5rem 0; overflow-wrap: anywhere; }
summary b { color: var(--accent); display: inline-block; font-size: .8rem; letter-spacing: .03em; min-width: 3.8rem; }
.access, .type { font-size: .85rem; margin: .2rem 0; opacity: .75; }
pre { background: var(--soft); border-radius: 6px; font-size: .85rem; margin: .3rem 0; overflow-x: auto; padding: .7rem; }`;
