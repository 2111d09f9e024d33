import { readdirSync, readFileSync } from 'node:fs';

/** A fenced block of a page, as a reader would copy it. */
export interface Block {
  /** The block's page and line, for messages. */
  readonly at: string;
  readonly language: string;
  /** The name of the file that the block is, where it is one. */
  readonly file?: string;
  readonly content: string;
  /** The comment right before the block. */
  readonly note: string;
}

/** The pages that a reader reads, by path. */
export const pages = ['README.md', ...markdownIn('docs')];

function markdownIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`);
}

export function blocksOf(page: string): Block[] {
  const text = readFileSync(page, 'utf8');
  const fenced = /(?:<!-- (.*?) -->\s+)?^ *```(\w*)(?: (\S+))?\n([^]*?)^ *```$/gm;
  const blocks = [...text.matchAll(fenced)].map(
    ({ 0: all, 1: note = '', 2: language = '', 3: file, 4: content = '', index }) => ({
      at: `${page}:${text.slice(0, index + all.indexOf('```')).split('\n').length}`,
      language,
      ...(file !== undefined && { file }),
      content,
      note,
    }),
  );
  const fences = text.match(/```/g)?.length ?? 0;
  if (fences !== 2 * blocks.length) throw new Error(`${page} has a fence that is not understood`);
  return blocks;
}

/** Returns why a block is not run, where its page says so: `<!-- not run: the reason -->`. */
export const reasonNotToRun = ({ note }: Block) => /^not run: (.+)/.exec(note)?.[1];
