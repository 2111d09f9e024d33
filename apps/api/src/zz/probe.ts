import { startWorker } from '../../../worker/src/start';
import { schema } from '../../../../migrations';
import { Clock as C2 } from '../../../../libs/core/src/clock';
export const zz = [startWorker, schema, C2];
