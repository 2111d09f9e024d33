/** The import can't be done. The message is for the operator, without secrets. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
