/**
 * The fields of one line; text stands as positions in a buffer. One object is filled again for each line, because
 * millions of lines pass and few are kept.
 */
export class LineFields {
  idStart = 0;
  idEnd = 0;
  modelStart = 0;
  modelEnd = 0;
  /** The request id is empty if both positions are equal. */
  requestStart = 0;
  requestEnd = 0;
  sessionStart = 0;
  sessionEnd = 0;
  /** The session that the record was copied from, for a record that says so. */
  originStart = 0;
  originEnd = 0;
  /** The working directory, escaped as in JSON. */
  cwdStart = 0;
  cwdEnd = 0;
  /** Milliseconds; NaN if unknown. */
  time = Number.NaN;
  input = 0;
  output = 0;
  cacheRead = 0;
  /** All cache writes, those of `write5m` and `write1h` included. */
  cacheWrite = 0;
  write5m = 0;
  write1h = 0;
  thinking = 0;
  webSearches = 0;
  /** 0 for the response itself, from 1 for what another model was asked to produce it. */
  part = 0;
  isSidechain = false;
  isFast = false;
  isFinished = false;

  reset(): void {
    this.idStart = this.idEnd = 0;
    this.modelStart = this.modelEnd = 0;
    this.requestStart = this.requestEnd = 0;
    this.sessionStart = this.sessionEnd = 0;
    this.originStart = this.originEnd = 0;
    this.cwdStart = this.cwdEnd = 0;
    this.time = Number.NaN;
    this.part = 0;
    this.isSidechain = this.isFinished = false;
    this.resetUsage();
  }

  resetUsage(): void {
    this.input = this.output = this.cacheRead = 0;
    this.cacheWrite = this.write5m = this.write1h = 0;
    this.thinking = this.webSearches = 0;
    this.isFast = false;
  }
}
