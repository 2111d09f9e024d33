import { ConfigError } from '@app/core';
import { readDemoOptions } from './demo-options';

describe('the options of the demo', () => {
  it.each([
    ['', { deviceCount: 20_000, once: false }],
    ['--once', { deviceCount: 20_000, once: true }],
    ['--devices 100000', { deviceCount: 100_000, once: false }],
    ['--once --devices=1', { deviceCount: 1, once: true }],
    ['--devices 1000000 --once', { deviceCount: 1_000_000, once: true }],
  ])('%s', (line, options) => {
    expect(readDemoOptions(wordsOf(line))).toEqual(options);
  });

  const wanted = '--devices: wants a whole number from 1 to 1000000, got ';
  it.each([
    ['--devices 0', `${wanted}0`],
    ['--devices -5', `${wanted}-5`],
    ['--devices many', `${wanted}many`],
    ['--devices 1e5', `${wanted}1e5`],
    ['--devices 10.5', `${wanted}10.5`],
    ['--devices 1000001', `${wanted}1000001`],
    ['--devices 10000000', `${wanted}10000000`],
    ['--devices', `${wanted}nothing`],
    ['--devices --once', `${wanted}--once`],
    ['--once=no', '--once: takes no value, got no'],
    ['--device 5', 'device: is no option'],
    // What npm leaves of `npm run demo --devices 100000`.
    ['100000', '100000: is no option; there are --devices <number> and --once, behind a --'],
  ])('%s is refused with a sentence', (line, sentence) => {
    let refusal: unknown;
    try {
      readDemoOptions(wordsOf(line));
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(ConfigError);
    expect((refusal as ConfigError).problems.join('\n')).toContain(sentence);
  });
});

const wordsOf = (line: string) => line.split(' ').filter((word) => word !== '');
