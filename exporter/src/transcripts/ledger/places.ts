import type { TranscriptFile } from '../files/transcript-files.ts';
import type { LineFields } from '../lines/line-fields.ts';
import { NameReader, Names } from './names.ts';
import { projectRoot } from './project.ts';

/** A project as the ledger keeps it. `path` is empty as long as no record has named a working directory. */
export interface Project {
  readonly host: string;
  readonly path: string;
  readonly slug: string;
  /** Empty if it is not configured which account the use belongs to. */
  readonly account: string;
}

/** The names that records refer to by number. */
export class Places {
  readonly models: Names;
  readonly sessions: Names;
  readonly projects: Names;

  constructor(models: Iterable<string> = [], sessions: Iterable<string> = [], projects: Iterable<string> = []) {
    this.models = new Names(models);
    this.sessions = new Names(sessions);
    this.projects = new Names(projects);
  }

  projectNumber({ host, path, slug, account }: Project): number {
    return this.projects.number(JSON.stringify([host, path, slug, account]));
  }

  project(number: number): Project {
    const [host = '', path = '', slug = '', account = ''] = JSON.parse(this.projects.name(number)) as string[];
    return { host, path, slug, account };
  }
}

/** Finds session, project and model of the lines of one file. */
export class PlaceReader {
  session = -1;
  project = -1;
  model = -1;
  /** Asked for the time of the request that a new message answers. */
  requestedAt: (time: number) => number = (time) => time;
  #file: TranscriptFile = { path: '', slug: '', session: '', account: '' };
  readonly #places: Places;
  readonly #models: NameReader;
  readonly #sessions: NameReader;
  readonly #projects: NameReader;

  constructor(places: Places, host: string, options: { mergeWorktrees: boolean }) {
    this.#places = places;
    this.#models = new NameReader((raw) => places.models.number(raw));
    this.#sessions = new NameReader((raw) => places.sessions.number(raw));
    this.#projects = new NameReader((raw) => {
      const { slug, account } = this.#file;
      const cwd = JSON.parse(`"${raw}"`) as string;
      return places.projectNumber({ host, path: cwd === '' ? '' : projectRoot(cwd, slug, options), slug, account });
    });
  }

  begin(file: TranscriptFile): void {
    this.#file = file;
    this.project = -1;
    this.#projects.forget();
  }

  read(fields: LineFields, bytes: Buffer): this {
    this.model = this.#models.read(bytes, fields.modelStart, fields.modelEnd);
    const hasSession = fields.sessionEnd > fields.sessionStart;
    this.session = hasSession
      ? this.#sessions.read(bytes, fields.sessionStart, fields.sessionEnd)
      : this.#places.sessions.number(this.#file.session);
    // A record without a directory belongs to the directory of the previous record.
    if (fields.cwdEnd > fields.cwdStart || this.project < 0) {
      this.project = this.#projects.read(bytes, fields.cwdStart, fields.cwdEnd);
    }
    return this;
  }
}
