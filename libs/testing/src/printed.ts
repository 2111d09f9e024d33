import { format } from 'node:util';

/** Does the work, and returns with its result what this process would have printed meanwhile. */
export async function printed<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly output: string; readonly errors: string }> {
  let output = '';
  let errors = '';
  const toOutput = (text: string) => ((output += text), true);
  const toErrors = (text: string) => ((errors += text), true);
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => toOutput(String(text))),
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => toErrors(String(text))),
    jest.spyOn(console, 'log').mockImplementation((...line) => toOutput(`${format(...line)}\n`)),
    jest.spyOn(console, 'error').mockImplementation((...line) => toErrors(`${format(...line)}\n`)),
  ];
  try {
    const result = await work();
    return { result, output, errors };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
