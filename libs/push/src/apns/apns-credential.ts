/** Checked when it was stored. */
export interface ApnsCredential {
  /** The app's bundle id: the topic. */
  readonly bundle: string;
  readonly keyId: string;
  readonly teamId: string;
  readonly environment: 'production' | 'development';
  /** Apple's .p8 file: EC P-256, PKCS#8 PEM. */
  readonly privateKey: string;
}
