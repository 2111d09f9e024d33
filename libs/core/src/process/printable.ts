/** Control characters, the line ends that only Unicode knows, and those that turn the direction of a line around. */
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes one line of a text that others may have written: what would begin another line of the log, or command a
 * terminal, is spelled out as `\n` or `\u001b`.
 */
export const printable = (text: string): string => text.replace(unprintable, spelledOut);

/** Makes the text of a stack printable line by line; a line of an error's message does not begin at the margin. */
export const printableStack = (stack: string): string =>
  stack
    .split('\n')
    .map((line, number) => (number === 0 ? '' : '    ') + printable(line.trimStart()))
    .join('\n');

const spelledOut = (character: string) =>
  short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
