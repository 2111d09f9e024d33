import { type Browser, chromium, type Page } from 'playwright-core';

/** The playground in a real browser, as its user has it. What the browser complains of, and whom it asks, is kept. */
export class PlaygroundPage {
  /** Addresses of all requests and sockets. */
  readonly requests: string[] = [];
  /** Errors and warnings of the console, violations of the page's policy among them. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('websocket', (socket) => this.requests.push(socket.url()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
  }

  /** Opens the page without a way to anywhere but this machine. */
  static async open(url: string): Promise<PlaygroundPage> {
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const playground = new PlaygroundPage(browser, page);
    await page.clock.install();
    await page.goto(url);
    await page.locator('.examples').waitFor();
    return playground;
  }

  async logIn(email: string, password: string): Promise<void> {
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Takes an example. */
  async open(title: string): Promise<void> {
    await this.page.locator('.examples').getByRole('button', { name: title, exact: true }).click();
  }

  /** Takes an example, with other variables where they are given, and runs it. */
  async run(title: string, variables?: object): Promise<void> {
    await this.open(title);
    if (variables !== undefined) await this.write('.graphiql-editor-tool', variables);
    await this.page.getByRole('button', { name: 'Execute query' }).click();
  }

  /** Returns the answer of the example, once there is another one than before. */
  async answerTo(title: string, variables?: object): Promise<unknown> {
    await this.run(title, variables);
    return this.shown((answer) => answer !== '');
  }

  /** Waits for what the response pane shows. */
  async shown(isSo: (answer: string) => boolean, timeoutMs = 120_000): Promise<unknown> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answer = await this.read('.graphiql-response');
      if (isSo(answer)) return JSON.parse(answer) as unknown;
      if (performance.now() > deadline) throw new Error(`It shows ${answer}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Returns the text of the first editor in this place. */
  async read(place: string): Promise<string> {
    return this.page
      .locator(`${place} .CodeMirror`)
      .first()
      .evaluate((editor) => (editor as unknown as WithEditor).CodeMirror.getValue());
  }

  /** Drops a file onto the variables. */
  async drop(name: string, text: string): Promise<void> {
    const files = await this.page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
      return transfer;
    })()`);
    const editor = this.page.locator('.graphiql-editor-tool .CodeMirror-lines').first();
    await editor.dispatchEvent('drop', { dataTransfer: files });
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path });
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  private async write(place: string, value: object): Promise<void> {
    await this.page
      .locator(`${place} .CodeMirror`)
      .first()
      .evaluate(
        (editor, text) => {
          (editor as unknown as WithEditor).CodeMirror.setValue(text);
        },
        JSON.stringify(value, null, 2),
      );
  }
}

/** CodeMirror leaves its editor at its element. */
interface WithEditor {
  readonly CodeMirror: { getValue(): string; setValue(text: string): void };
}
