/** Sends the requests of a story to a hub. */
import type { StoryAnswer, StoryMessage } from './play-story.ts'

/** Requests as the agency that the story names; the board speaks without `X-Agency`. */
export const senderTo =
  (hub: string) =>
  async ({ agency, method, path, body, headers }: StoryMessage): Promise<StoryAnswer> => {
    const response = await fetch(`${hub}/${path}`, {
      method,
      headers: {
        ...(agency === 'board' ? {} : { 'X-Agency': agency }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/fhir+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, text, ...(text === '' ? {} : { body: JSON.parse(text) as unknown }) }
  }
