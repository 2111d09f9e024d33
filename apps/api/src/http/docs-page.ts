import type { JsonSchema, OpenApi, Operation } from '../powerauth/openapi';

/** Renders an OpenAPI document as one page of HTML that stands alone. */
export function docsPage({ info, paths, components }: OpenApi): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(info.title)}</title>
<style>${style}</style>
<h1>${escape(info.title)}</h1>
<p>${escape(info.description)}</p>
<p>For programs: <a href="openapi.json">openapi.json</a></p>
<h2>Routes</h2>
${Object.entries(paths)
  .map(([path, verbs]) => pathSection(path, verbs))
  .join('\n')}
<h2>Schemas</h2>
${Object.entries(components.schemas)
  .map(([id, schema]) => `<h3 id="${escape(id)}">${escape(id)}</h3>${schemaBlock(schema)}`)
  .join('\n')}
</html>
`;
}

/** All verbs of a path do the same. */
function pathSection(path: string, verbs: Record<string, Operation>): string {
  const [operation] = Object.values(verbs);
  if (operation === undefined) return '';
  const names = Object.keys(verbs).map((verb) => verb.toUpperCase());
  const { summary, parameters, requestBody, responses } = operation;
  return `<details><summary><b>${names.join(', ')}</b> <code>${escape(path)}</code> ${escape(summary)}</summary>
${parameters.map(({ name, in: place, schema }) => `<h4>${escape(name)} (${place})</h4>${schemaBlock(schema)}`).join('')}
${requestBody ? `<h4>Request</h4>${schemaBlock(requestBody.content['application/json'].schema)}` : ''}
${Object.entries(responses)
  .map(
    ([status, { description, content }]) =>
      `<h4>${status} ${escape(description)}</h4>${schemaBlock(content['application/json'].schema)}`,
  )
  .join('')}
</details>`;
}

/** JSON Schema is readable enough; references lead to where they are explained. */
function schemaBlock(schema: JsonSchema): string {
  const linked = escape(JSON.stringify(schema, null, 2)).replace(
    /#\/components\/schemas\/(\w+)/g,
    '<a href="#$1">$1</a>',
  );
  return `<pre>${linked}</pre>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
summary { cursor: pointer; padding: .3rem 0; }
pre { background: #8881; padding: .7rem; overflow-x: auto; font-size: .85rem; }
:root { color-scheme: light dark; }`;
