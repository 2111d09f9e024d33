import { startWorker } from '../../worker/src/start';
import { Simulator } from '../../simulator/src';
import { Clock } from '@app/core/src/clock';
import { Clock as C2 } from '../../../libs/core/src/clock';
import { Clock as C3 } from '../../../libs/core/src';
import { Initial1763683200000 } from '../../../migrations/1763683200000-initial';
export const zz = [startWorker, Simulator, Clock, C2, C3, Initial1763683200000];
