/** More ids than any operation makes. */
const most = 10_000;

/** Lists the ids of what an answer in JSON tells of: its members named `id` or `…Id`, each once; none in another form. */
export function idsIn(body: string): string[] {
  const ids = new Set<string>();
  const visit = (value: unknown, name: string): void => {
    if (ids.size === most) return;
    if (/^id$|Id$/.test(name) && (typeof value === 'string' || typeof value === 'number')) {
      ids.add(String(value));
    } else if (Array.isArray(value)) for (const one of value) visit(one, name);
    else if (typeof value === 'object' && value !== null) {
      for (const [own, member] of Object.entries(value)) visit(member, own);
    }
  };
  try {
    visit(JSON.parse(body), '');
  } catch {
    return [];
  }
  return [...ids];
}
