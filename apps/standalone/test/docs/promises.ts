/** Some commands of a block, and what the page says that they print. */
export interface Step {
  readonly commands: string;
  /** The text that the page promises; `…` in it stands for anything. */
  readonly promised?: string;
}

/** A `# ->` line, or several that follow each other, belong to what stands before them. */
export function stepsOf(block: string): Step[] {
  const promise = /^# -> ?(.*)$/gm;
  return block
    .split(/(?<=^# ->.*\n)(?!# ->)/m)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const promised = [...part.matchAll(promise)].map(([, line = '']) => line).join('');
      return { commands: part.replace(promise, ''), ...(promised !== '' && { promised }) };
    });
}

/** Returns the pattern of what a page promises, for which spaces and line ends don't matter. */
export function patternOf(promised: string): RegExp {
  const literals = compact(promised)
    .split('…')
    .map((literal) => literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literals.join('.*')}$`);
}

export const compact = (shown: string) => shown.replace(/\s/g, '');
