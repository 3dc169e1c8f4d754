import { Empty, Page } from '../parts/frame.js';

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <Empty>
        There is no such page. <a href="/">All orchestrations</a>
      </Empty>
    </Page>
  );
}
