/** A failure whose message is all that the user needs: printed as `pergola: <message>`, without a stack. */
export class CliFailure extends Error {
  override readonly name: string = "CliFailure";
  readonly exitCode: number;

  /** @param exitCode 1 failed, 2 used wrongly */
  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
