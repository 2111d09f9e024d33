import { failureOf } from '../http/failure';
import type { Refusal } from './rows';
import type { Progress, UploadEvent } from './upload-run';

/** The most refusals that a single report lists. */
const mostProblems = 100;

/** Makes the answer in one piece. @returns the progress at the end, with the first `problems` and whether that is not all */
export async function reportOf(events: AsyncIterable<UploadEvent>): Promise<object> {
  const problems: Refusal[] = [];
  let report: Progress = { rows: 0, refused: 0 };
  for await (const event of events) {
    if ('report' in event) ({ report } = event);
    else if ('refused' in event && problems.length < mostProblems) problems.push(event.refused);
  }
  return { ...report, problems, problemsTruncated: report.refused > problems.length };
}

/**
 * Makes the answer as it becomes known, a line of JSON each. It has begun, so what goes wrong is its last line.
 * @param onStall is called when a line is not taken for too long
 */
export async function* linesOf(
  events: AsyncIterable<UploadEvent>,
  stallTimeoutMs: number,
  onStall: () => void,
): AsyncGenerator<string> {
  const taken = function* (line: object): Generator<string> {
    const timer = setTimeout(onStall, stallTimeoutMs);
    try {
      yield `${JSON.stringify(line)}\n`;
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    for await (const event of events) yield* taken(event);
  } catch (error) {
    yield* taken({ error: lastWords(error) });
  }
}

function lastWords(error: unknown): object {
  const { code = 'INTERNAL_SERVER_ERROR', message } = failureOf(error, 'Upload');
  return { code, message };
}
