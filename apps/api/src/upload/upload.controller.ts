import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { Actor } from '@app/core';
import {
  Controller,
  HttpCode,
  Param,
  Post,
  Req,
  Res,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Allow } from '../access/allow';
import { CurrentActor } from '../access/current-actor';
import { numericId } from '../http/numeric-id';
import { contentCodings } from '../http/content-codings';
import { streamedBody } from '../http/streamed-body';
import { IgnoresIdempotencyKey } from '../idempotency/ignores-key';
import { csvType, ndjsonType, wanted } from './accept-uploads';
import { csvRows } from './csv-rows';
import { ndjsonRows } from './ndjson-rows';
import { discardRest, requestBytes } from './request-bytes';
import { withoutByteOrderMark } from './rows';
import { unpacked } from './unpacked';
import { UploadLimits } from './upload-limits';
import { linesOf, reportOf } from './upload-replies';
import { type UploadEvent, UploadRun } from './upload-run';
import { UploadSlots } from './upload-slots';
import type { UploadTarget } from './upload-target';
import { UploadTargets } from './upload-targets';

interface UploadRequest {
  readonly raw: IncomingMessage;
}

interface UploadReply {
  header(name: string, value: string): unknown;
}

const formats = { [csvType]: csvRows, [ndjsonType]: ndjsonRows };

/** Lists without end, which are stored while they come. */
@Controller('upload')
@IgnoresIdempotencyKey()
export class UploadController {
  constructor(
    private readonly targets: UploadTargets,
    private readonly run: UploadRun,
    private readonly slots: UploadSlots,
    private readonly limits: UploadLimits,
  ) {}

  /** Into the audience of a draft. */
  @Post('campaigns/:id/users')
  @HttpCode(200)
  @Allow('campaigns:write')
  @RouteConfig(streamedBody)
  async users(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() { raw }: UploadRequest,
    @Res({ passthrough: true }) reply: UploadReply,
  ): Promise<object> {
    return this.answer(actor, raw, reply, await this.targets.users(actor, numericId('id', id)));
  }

  @Post('applications/:id/devices')
  @HttpCode(200)
  @Allow('devices:write')
  @RouteConfig(streamedBody)
  async devices(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() { raw }: UploadRequest,
    @Res({ passthrough: true }) reply: UploadReply,
  ): Promise<object> {
    return this.answer(actor, raw, reply, await this.targets.devicesOf(actor, numericId('id', id)));
  }

  private async answer(
    actor: Actor,
    request: IncomingMessage,
    reply: UploadReply,
    target: UploadTarget,
  ): Promise<object> {
    const events = this.events(actor, request, target);
    if (request.headers.accept?.includes(ndjsonType) !== true) return reportOf(events);
    // What is wrong from the begin still gets a status.
    const first = await events.next();
    const all = async function* () {
      if (first.done !== true) yield first.value;
      yield* events;
    };
    const cut = () => {
      request.destroy();
    };
    reply.header('content-type', ndjsonType);
    return Readable.from(linesOf(all(), this.limits.stallTimeoutMs, cut));
  }

  private async *events(
    { caller }: Actor,
    request: IncomingMessage,
    target: UploadTarget,
  ): AsyncGenerator<UploadEvent> {
    const { lineBytes, discardTimeoutMs } = this.limits;
    const { rowsOf, isPacked } = formOf(request);
    const slot = this.slots.take(caller);
    try {
      const sent = requestBytes(request, this.limits, slot.signal);
      const bytes = withoutByteOrderMark(isPacked ? unpacked(sent, this.limits) : sent);
      yield* this.run.events(rowsOf(bytes, target.columns, lineBytes), target);
    } finally {
      slot.free();
      discardRest(request, discardTimeoutMs);
    }
  }
}

/** @throws UnsupportedMediaTypeException */
function formOf({ headers }: IncomingMessage) {
  const [type = '', ...parameters] = (headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const rowsOf = Object.entries(formats).find(([name]) => name === type)?.[1];
  if (rowsOf === undefined || !/^(charset="?utf-8"?)?$/.test(charset ?? '')) {
    throw new UnsupportedMediaTypeException(wanted);
  }
  const [coding, another] = contentCodings(headers['content-encoding']);
  if (another !== undefined || (coding !== undefined && coding !== 'gzip')) {
    throw new UnsupportedMediaTypeException('The only Content-Encoding is gzip, and once');
  }
  return { rowsOf, isPacked: coding !== undefined };
}
