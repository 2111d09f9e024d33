/** Counts as PostgreSQL and people do, unlike JavaScript: an emoji is one, unless it is put together of several. */
export function characterCount(text: string): number {
  return Array.from(text).length;
}
