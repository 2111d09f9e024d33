/** As PostgreSQL and people count, not as JavaScript does: an emoji is one, unless it is put together of several. */
export function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
