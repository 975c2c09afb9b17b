/** A definition that the hub cannot work with: which file or url, what is wrong, what to do. Stops the start. */
export class DefinitionFault extends Error {
  /** The file (relative to the repository) or the canonical url at fault. */
  readonly where: string

  constructor(where: string, what: string) {
    super(`${where}: ${what}`)
    this.name = 'DefinitionFault'
    this.where = where
  }
}
