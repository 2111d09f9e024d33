import {
  defaultWindow,
  maxPayloadBytes,
  maxWindow,
  ProtocolError,
  settingIds,
} from '../frames/protocol';

/** The settings of the other side, RFC 9113 §6.5.2; at first those that hold before it says anything. */
export class PeerSettings {
  headerTableSize = 4096;
  maxConcurrentStreams = Infinity;
  initialWindowSize = defaultWindow;
  maxHeaderListSize = Infinity;

  constructor(private readonly role: 'client' | 'server') {}

  /** @throws ProtocolError */
  set(id: number, value: number): void {
    switch (id) {
      case settingIds.headerTableSize:
        this.headerTableSize = value;
        break;
      case settingIds.enablePush:
        // A server may only say that it does without, and need not.
        check(
          value === 0 || (value === 1 && this.role === 'client'),
          'PROTOCOL_ERROR',
          `SETTINGS_ENABLE_PUSH ${value} from a ${this.role}`,
        );
        break;
      case settingIds.maxConcurrentStreams:
        this.maxConcurrentStreams = value;
        break;
      case settingIds.initialWindowSize:
        check(value <= maxWindow, 'FLOW_CONTROL_ERROR', `SETTINGS_INITIAL_WINDOW_SIZE ${value}`);
        this.initialWindowSize = value;
        break;
      case settingIds.maxFrameSize:
        // Whatever it allows: we send no larger frames than every peer takes.
        check(
          value >= maxPayloadBytes && value < 2 ** 24,
          'PROTOCOL_ERROR',
          `SETTINGS_MAX_FRAME_SIZE ${value}`,
        );
        break;
      case settingIds.maxHeaderListSize:
        this.maxHeaderListSize = value;
        break;
      case settingIds.enableConnectProtocol:
      case settingIds.noRfc7540Priorities:
        check(value <= 1, 'PROTOCOL_ERROR', `Setting ${id} is ${value}`);
    }
  }
}

function check(
  holds: boolean,
  code: 'PROTOCOL_ERROR' | 'FLOW_CONTROL_ERROR',
  message: string,
): asserts holds {
  if (!holds) throw new ProtocolError(code, message);
}
