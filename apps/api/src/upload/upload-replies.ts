import { randomUUID } from 'node:crypto';
import { DomainError } from '@app/core';
import type { Logger } from '@nestjs/common';
import { refusalLine } from '../http/refusal-line';
import type { Refusal } from './rows';
import type { Progress, UploadEvent } from './upload-run';

/** Refusals that a single report lists. */
const mostProblems = 100;

/** The answer in one piece. @returns the progress at the end, with the first `problems` and whether that is not all */
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
 * The answer as it becomes known, a line of JSON each. It has begun, so what goes wrong is its last line.
 * @param onStall when a line is not taken for so long
 */
export async function* linesOf(
  events: AsyncIterable<UploadEvent>,
  stallTimeoutMs: number,
  onStall: () => void,
  logger: Logger,
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
    yield* taken({ error: lastWords(error, logger) });
  }
}

function lastWords(error: unknown, logger: Logger): object {
  if (error instanceof DomainError) {
    logger.log(refusalLine(error));
    return { code: error.code, message: error.message };
  }
  const message = `Internal error, reference ${randomUUID()}`;
  logger.error(message, error instanceof Error ? error.stack : String(error));
  return { code: 'INTERNAL_SERVER_ERROR', message };
}
