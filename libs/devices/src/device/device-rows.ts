import { Rows } from '@app/core';
import { Device } from './device.entity';

export const deviceRows = Rows.of(Device, 'device');
