/** Writes numbers, sorted and each once, as PostgreSQL writes an int4multirange: of a whole chunk, one range. */
export function multirangeOf(numbers: readonly number[]): string {
  const ranges: string[] = [];
  let [first] = numbers;
  numbers.forEach((number, index) => {
    const next = numbers[index + 1];
    if (next === number + 1) return;
    ranges.push(`[${first},${number + 1})`);
    first = next;
  });
  return `{${ranges.join(',')}}`;
}
