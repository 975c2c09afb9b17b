/**
 * Requests and responses that are Express's from the start. Express gives each of them its own prototype
 * (`app.request`, `app.response`) when it arrives, and an object whose prototype changes is slow from then on: that cost a
 * read a third of its time. Node makes them of these classes instead, so that nothing is left to change.
 * https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener (IncomingMessage, ServerResponse)
 */
import { IncomingMessage, ServerResponse, type ServerOptions } from 'node:http'
import type { Express } from 'express'

export type MessageClasses = Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>

/** The classes for the server of this application. Requests that other servers hand to it work as before. */
export function messageClasses(app: Express): MessageClasses {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse extends ServerResponse {}
  Object.setPrototypeOf(ExpressRequest.prototype, app.request)
  Object.setPrototypeOf(ExpressResponse.prototype, app.response)
  app.request = ExpressRequest.prototype as typeof app.request
  app.response = ExpressResponse.prototype as unknown as typeof app.response
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse as typeof ServerResponse }
}
