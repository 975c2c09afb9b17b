/** The store was closed: nothing is done any more. */
export class StoreClosed extends Error {
  constructor() {
    super('The store is closed.')
    this.name = 'StoreClosed'
  }
}
