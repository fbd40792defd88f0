"""What a user would pick instead of Muster, each written as a competent engineer would do the job."""
