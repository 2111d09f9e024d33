import { Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Campaign } from './campaign.entity';

/** One member of a campaign's audience, who need not be known as a user yet. */
@Entity('campaign_users')
export class CampaignUser {
  @PrimaryColumn('integer', {
    name: 'campaign_id',
    primaryKeyConstraintName: 'campaign_users_pkey',
  })
  campaignId!: number;

  @ManyToOne(() => Campaign, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'campaign_id', foreignKeyConstraintName: 'campaign_users_campaign_fkey' })
  campaign?: Relation<Campaign>;

  @PrimaryColumn('text', { name: 'user_id', primaryKeyConstraintName: 'campaign_users_pkey' })
  userId!: string;
}
