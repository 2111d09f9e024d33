import { DomainError } from '@app/core';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, map, type Observable } from 'rxjs';
import { Worded } from '../reading/refusals';
import {
  type ControllerMetadata,
  controllerMetadata,
  routeMetadata,
  type RouteMetadata,
} from './metadata';
import type { Reply } from './request';

/** An answer that also tells which page it is, beside `responseObject`. */
export class Paged {
  constructor(
    readonly responseObject: object,
    readonly page: number,
    readonly size: number,
  ) {}
}

/** Wraps a controller's result in `{status, responseObject}`, and puts refusals in the contract's words. */
@Injectable()
export class Envelope implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<Buffer> {
    const metadata = (name: string, of: object) => Reflect.getMetadata(name, of) as unknown;
    const { texts } = metadata(controllerMetadata, context.getClass()) as ControllerMetadata;
    const route = metadata(routeMetadata, context.getHandler()) as RouteMetadata;
    context.switchToHttp().getResponse<Reply>().header('content-type', 'application/json');
    return next.handle().pipe(
      map((result: object | undefined) => jsonBytes(envelopeOf(result))),
      catchError((error: unknown) => {
        if (!(error instanceof DomainError)) throw error;
        const text = route.texts?.[error.code] ?? texts[error.code];
        throw text === undefined ? error : new Worded(text, error);
      }),
    );
  }
}

function envelopeOf(result: object | undefined): object {
  if (result === undefined) return { status: 'OK' };
  if (!(result instanceof Paged)) return { status: 'OK', responseObject: result };
  const { responseObject, page, size } = result;
  return { status: 'OK', responseObject, page, size };
}

/** Writes JSON with nulls, indented. Bytes keep Fastify from adding a charset to the content type. */
export function jsonBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value, null, 2));
}

/** Writes an error in the envelope. */
export function failureBytes(code: string, message: string): Buffer {
  return jsonBytes({ status: 'ERROR', responseObject: { code, message } });
}
