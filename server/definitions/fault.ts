/** A definition that the hub cannot work with: which file or url, what is wrong, what to do. Stops the start. */
import path from 'node:path'

export class DefinitionFault extends Error {
  /** The file (relative to the repository) or the canonical url at fault. */
  readonly where: string

  constructor(where: string, what: string) {
    super(`${where}: ${what}`)
    this.name = 'DefinitionFault'
    this.where = where
  }

  /** What is wrong and what to do, without where. */
  get what(): string {
    return this.message.slice(this.where.length + 2)
  }

  /** The same error, with the path of the file relative to where the folder was named. */
  within(folder: string): DefinitionFault {
    return new DefinitionFault(path.join(folder, this.where), this.what)
  }
}
