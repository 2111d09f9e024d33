import { Controller, Get, Redirect } from '@nestjs/common';
import { Allow } from '../access/allow';

/** Leads whoever opens the server's address to where there is something to see. */
@Controller()
@Allow('anyone')
export class FrontDoorController {
  @Get()
  @Redirect('graphql', 302)
  open(): void {
    // The redirection is all.
  }
}
