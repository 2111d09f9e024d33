/** As PostgreSQL and people count, not as JavaScript does: an emoji is one, unless it is put together of several. */
export function characterCount(text: string): number {
  return Array.from(text).length;
}
