import { readFileSync } from 'node:fs';

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables that name a file with the secret instead of holding it. White space around the text does not
 * count, for most editors end a file with a line feed.
 * @param stated what the variables hold themselves
 * @returns the texts by the variable's own name, and a problem for each file that is none, without what it holds
 */
export function readSecretFiles(
  names: readonly string[],
  environment: Texts,
  stated: Texts,
): { readonly texts: Readonly<Record<string, string>>; readonly problems: readonly string[] } {
  const texts: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of names) {
    const variable = `${name}_FILE`;
    const path = environment[variable]?.trim() ?? '';
    if (path === '') continue;
    if (stated[name] !== undefined) {
      problems.push(`${variable}: goes not with ${name}; set one of them`);
      continue;
    }
    const text = textOf(path);
    if (text === undefined)
      problems.push(`${variable}: wants the path of a file; ${path} can't be read`);
    else if (text === '') problems.push(`${variable}: wants the path of a file; ${path} is empty`);
    else texts[name] = text;
  }
  return { texts, problems };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
