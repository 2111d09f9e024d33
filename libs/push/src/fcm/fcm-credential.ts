/** The members of Google's key file that we need. */
export interface GoogleServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
}

/** Checked when it was stored. */
export interface FcmCredential {
  readonly projectId: string;
  /** Google's JSON key file. */
  readonly serviceAccount: GoogleServiceAccount;
}
