export interface ListedApplication {
  readonly id: number;
  readonly name: string;
}

/** The applications that a PowerAuth Server knows, whether or not they are set up here. */
export abstract class ApplicationDirectory {
  /** @throws PowerAuthUnavailableError */
  abstract list(): Promise<ListedApplication[]>;

  /** @returns undefined where no PowerAuth Server is configured. @throws PowerAuthUnavailableError, also for an unknown id */
  abstract nameOf(id: number): Promise<string | undefined>;
}

/** Where no PowerAuth Server stands behind, every application is one of ours. */
export class EmptyDirectory extends ApplicationDirectory {
  list(): Promise<ListedApplication[]> {
    return Promise.resolve([]);
  }

  nameOf(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
