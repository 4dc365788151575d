"""What people see of the test Stripe: the donor's pages and the control page. Plain HTML that needs no script."""
