import type { Gateway } from '@app/core';
import type { Ledger } from '../devices/ledger';
import type { RequestFault } from '../faults/fault-rule';
import type { FaultScripts } from '../faults/fault-scripts';
import { type Latency, sampleLatency } from './latency';
import type { Answer, GatewayRequest, GatewayRules } from './request';
import type { RequestLog } from './request-log';

/** The actions on one request on the wire. HTTP/1.1 does what comes nearest. */
export interface Exchange {
  answer(answer: Answer): void;
  /** Sends RST_STREAM; HTTP/1.1 drops the socket. */
  reset(code: number): void;
  /** Sends a GOAWAY that names this request as the last one processed; HTTP/1.1 closes after the answer. */
  goAway(code: number, reason: string | undefined): void;
  destroyConnection(): void;
}

const internalError = 2;

/** Leads a request through scripted fault, the gateway's rules, latency and answer. */
export class RequestPipeline {
  constructor(
    private readonly gateway: Gateway,
    private readonly rules: GatewayRules,
    private readonly latency: Latency,
    private readonly faults: FaultScripts,
    private readonly ledger: Ledger,
    private readonly log: RequestLog,
  ) {}

  handle(request: GatewayRequest, exchange: Exchange): void {
    const fault = this.faults.empty
      ? undefined
      : this.faults.strike(this.gateway, this.rules.tokenOf(request), request.connection.requests);
    if (fault === undefined) this.#process(request, exchange, 0);
    else this.#strike(fault, request, exchange);
  }

  #strike(fault: RequestFault, request: GatewayRequest, exchange: Exchange): void {
    switch (fault.type) {
      case 'answer':
        this.#deliver(request, this.rules.refusal(fault, request), exchange, 0);
        return;
      case 'latency':
        this.#process(request, exchange, fault.ms);
        return;
      case 'goaway':
        exchange.goAway(fault.code ?? 0, fault.reason);
        this.#process(request, exchange, 0);
        return;
      case 'stall':
        this.#loseAnswer(request, fault.shown, () => undefined);
        return;
      case 'reset':
        this.#loseAnswer(request, fault.shown, () => {
          exchange.reset(fault.code ?? internalError);
        });
        return;
      case 'destroy':
        this.#loseAnswer(request, fault.shown, () => {
          exchange.destroyConnection();
        });
    }
  }

  #process(request: GatewayRequest, exchange: Exchange, delayMs: number): void {
    const answer = this.rules.answer(request);
    if (answer instanceof Promise) {
      void answer.then((settled) => {
        this.#deliver(request, settled, exchange, delayMs);
      });
    } else this.#deliver(request, answer, exchange, delayMs);
  }

  /** Answers late: the device has the message already. */
  #deliver(request: GatewayRequest, answer: Answer, exchange: Exchange, delayMs: number): void {
    this.#record(request, answer);
    const waitMs = delayMs + sampleLatency(this.latency);
    if (waitMs === 0) exchange.answer(answer);
    else {
      setTimeout(() => {
        exchange.answer(answer);
      }, waitMs).unref();
    }
  }

  #loseAnswer(request: GatewayRequest, shown: boolean | undefined, strike: () => void): void {
    const lose = () => {
      this.ledger.answered(this.gateway, 'unanswered');
      this.log.add(this.gateway, request, undefined);
      strike();
    };
    if (shown !== true) lose();
    else void Promise.resolve(this.rules.answer(request)).then(lose);
  }

  #record(request: GatewayRequest, answer: Answer): void {
    if (answer.counted !== false) this.ledger.answered(this.gateway, answer.reason);
    this.log.add(this.gateway, request, answer);
  }
}
