/** JSON text of a value of any size, written in turns of the event loop: the same text as `serialize`. */
import { remembersNumbers, serialize, writtenAs } from './decimals.ts'
import { CHARACTERS_PER_VALUE, valuesLeft } from './size.ts'
import { nextTurn, TURN } from './turns.ts'

/** What one turn writes, in values (size.ts). */
const PER_TURN = TURN.characters / CHARACTERS_PER_VALUE

export async function serializeInTurns(value: unknown): Promise<string> {
  return valuesLeft(value, PER_TURN) >= 0 ? serialize(value) : new TurnWriter().value(value)
}

class TurnWriter {
  private left = PER_TURN

  async value(value: unknown): Promise<string> {
    if (this.takes(value)) return serialize(value)
    await nextTurn()
    this.left = PER_TURN
    if (this.takes(value) || typeof value !== 'object' || value === null) return serialize(value)
    return Array.isArray(value) ? this.list(value) : this.object(value)
  }

  /** Is there room for it in this turn? */
  private takes(value: unknown): boolean {
    const left = valuesLeft(value, this.left)
    if (left >= 0) this.left = left
    return left >= 0
  }

  private async object(object: object): Promise<string> {
    const members: string[] = []
    for (const [key, value] of Object.entries(object)) {
      if (value === undefined) continue
      const text = await this.value(value)
      members.push(`${JSON.stringify(key)}:${writtenAs(object, key) ?? text}`)
    }
    return `{${members.join(',')}}`
  }

  private async list(list: readonly unknown[]): Promise<string> {
    // Those of a part of it would be at other indexes.
    if (remembersNumbers(list)) return serialize(list)
    const parts: string[] = []
    let begin = 0
    const writeUntil = (end: number): void => {
      if (end > begin) parts.push(serialize(list.slice(begin, end)).slice(1, -1))
    }
    for (const [index, item] of list.entries()) {
      if (this.takes(item)) continue
      writeUntil(index)
      parts.push((await this.value(item)) ?? 'null')
      begin = index + 1
    }
    writeUntil(list.length)
    return `[${parts.join(',')}]`
  }
}
