/** The audit trail is not as Carillon left it. The message names the first place where that shows. */
export class AuditTamperedError extends Error {
  constructor(finding: string) {
    super(`The audit trail was tampered with. ${finding}.`);
    this.name = 'AuditTamperedError';
  }
}
