from django.db import migrations, models

from common.migrations import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0019_what_the_store_did")]
    operations = [
        AddIndexWithoutLock(
            model_name='order',
            index=models.Index(condition=models.Q(('due_on__isnull', False)), fields=['due_on', 'id'], name='order_due'),
        ),
        AddIndexWithoutLock(
            model_name='order',
            index=models.Index(condition=models.Q(('cancelled_at__isnull', True), ('write_off__lt', 2)), fields=['placed_at', 'id'], name='order_to_write_off'),
        ),
        AddIndexWithoutLock(
            model_name='order',
            index=models.Index(condition=models.Q(('payment', ''), _negated=True), fields=['payment', 'placed_at', 'id'], name='order_payment_placed'),
        ),
        AddIndexWithoutLock(
            model_name='order',
            index=models.Index(condition=models.Q(('fulfilment', ''), _negated=True), fields=['fulfilment', 'placed_at', 'id'], name='order_fulfilment_placed'),
        ),
        AddIndexWithoutLock(
            model_name='order',
            index=models.Index(condition=models.Q(('cancelled_at__isnull', False)), fields=['placed_at', 'id'], name='order_cancelled'),
        ),
        AddIndexWithoutLock(
            model_name='order',
            index=models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['placed_at', 'id'], name='order_archived'),
        ),
        AddIndexWithoutLock(
            model_name='order',
            index=models.Index(condition=models.Q(('gone_at__isnull', False)), fields=['placed_at', 'id'], name='order_gone'),
        ),
        AddIndexWithoutLock(
            model_name='order',
            index=models.Index(condition=models.Q(('totals_differ', True)), fields=['placed_at', 'id'], name='order_totals_differ'),
        ),
    ]
